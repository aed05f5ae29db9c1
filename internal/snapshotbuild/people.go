package snapshotbuild

import (
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/snapshot"
)

// timeOf is a time of the resource; zero when there is none.
func timeOf(m map[string]any, name string) time.Time {
	t, err := time.Parse(time.RFC3339, text(m, name))
	if err != nil {
		return time.Time{}
	}
	return t
}

func userOf(r *arm.Resource) *snapshot.User {
	p := r.Properties
	u := &snapshot.User{ID: r.Name, Email: text(p, "email"), FirstName: text(p, "firstName"), LastName: text(p, "lastName"), Note: text(p, "note"), Registered: timeOf(p, "registrationDate")}
	for _, i := range objects(p["identities"]) {
		u.Identities = append(u.Identities, snapshot.Identity{ID: text(i, "id"), Provider: text(i, "provider")})
	}
	return u
}

func groupOf(r *arm.Resource) *snapshot.Group {
	return &snapshot.Group{ID: r.Name, Name: text(r.Properties, "displayName")}
}

func loggerOf(r *arm.Resource) *snapshot.Logger {
	return &snapshot.Logger{ID: r.Name, Type: text(r.Properties, "loggerType"), Name: text(object(r.Properties, "credentials"), "name")}
}
