package snapshot

import "time"

// User is a developer account, who owns subscriptions.
type User struct {
	ID                               string
	Email, FirstName, LastName, Note string
	Registered                       time.Time
	Identities                       []Identity
	Groups                           []string // lower-case ids, in order
}

// Identity is what a user signs in with.
type Identity struct{ ID, Provider string }

// Group is a group of users.
type Group struct{ ID, Name string }
