package pipeline

import (
	"context"
	"io"
)

// Library is what a run needs of the server: secure files, variable groups,
// service connections, and the permission to use them. internal/client
// implements it over the Azure DevOps shapes that libraryapi serves.
type Library interface {
	// Begin registers a run of a pipeline. What the request gives is put into the
	// library and permitted for this run; all else needs a permission of the
	// pipeline.
	Begin(ctx context.Context, r RunRequest) (LibraryRun, error)
}

// RunRequest describes a run and what its command line gives to it.
type RunRequest struct {
	Pipeline    string // the pipeline's name, by which permissions are kept
	SecureFiles []GivenFile
	Connections []GivenConnection
	Groups      []string // variable groups permitted for the run
}

// GivenFile permits a secure file for the run; where Path is set, its content is uploaded first.
type GivenFile struct{ Name, Path string }

// GivenConnection permits a service connection for the run; where ClientID is set,
// the connection is made, or changed, to that application first.
type GivenConnection struct{ Name, ClientID string }

// LibraryRun is a registered run. Each lookup enforces the run's permissions and
// says in its error what to do when one is missing.
type LibraryRun interface {
	// ID numbers the runs of the server, from 1.
	ID() int64
	// Connection finds a service connection by name or id.
	Connection(ctx context.Context, name string) (Connection, error)
	// SecureFile finds a secure file by name or id.
	SecureFile(ctx context.Context, name string) (SecureFile, error)
	// Download opens the content of a secure file; the caller closes it.
	Download(ctx context.Context, f SecureFile) (io.ReadCloser, error)
	// Group finds a variable group by name, its secret values included.
	Group(ctx context.Context, name string) (Group, error)
	// OIDCToken gives the assertion with which the connection's application signs in.
	OIDCToken(ctx context.Context, c Connection) (string, error)
	// Environment is what steps need to reach the server by its names: proxy and trust
	// variables, never credentials.
	Environment(ctx context.Context) (map[string]string, error)
	// End closes the run: its permissions and run-only data go. result is "succeeded", "failed" or "canceled".
	End(ctx context.Context, result string) error
}

// Connection is a service connection by workload identity federation.
type Connection struct {
	ID             string
	Name           string
	ClientID       string // the application
	TenantID       string
	SubscriptionID string
	Subscription   string // its display name
}

// SecureFile is a secure file's record.
type SecureFile struct {
	ID   string
	Name string
	Size int64
}

// Group is a variable group.
type Group struct {
	ID        int64
	Name      string
	Variables []GroupVariable
}

// GroupVariable is one variable of a group.
type GroupVariable struct {
	Name, Value string
	Secret      bool
}

// Organization and Project are those of the library at dev.azure.com.
const (
	Organization = "gatehouse"
	Project      = "default"
)
