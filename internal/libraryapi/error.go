package libraryapi

import (
	"fmt"
	"net/http"

	"gatehouse/internal/library"
)

// httpError is an error of the request itself.
type httpError struct {
	status  int
	kind    string // typeKey
	message string
}

func (e *httpError) Error() string { return e.message }

func notFound(format string, args ...any) error {
	return &httpError{http.StatusNotFound, "VssResourceNotFoundException", fmt.Sprintf(format, args...)}
}

// statusOf gives the status and typeKey with which Azure DevOps sends such an error.
func statusOf(e *library.Error) (int, string) {
	object := map[library.What]string{library.SecureFiles: "SecureFile", library.Groups: "VariableGroup", library.Connections: "ServiceEndpoint", library.Pipelines: "Pipeline"}[e.What]
	switch e.Kind {
	case library.NotFound:
		return http.StatusNotFound, object + "NotFoundException"
	case library.Forbidden:
		return http.StatusForbidden, "AccessDeniedException"
	case library.Conflict:
		return http.StatusConflict, object + "ExistsException"
	case library.TooLarge:
		return http.StatusRequestEntityTooLarge, object + "TooLargeException"
	}
	return http.StatusBadRequest, "Invalid" + object + "Exception"
}
