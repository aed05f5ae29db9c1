package client

import (
	"testing"

	served "gatehouse/internal/library"
	"gatehouse/internal/pipeline"
)

// The runner's names of the library are those that the server has.
func TestLibraryNames(t *testing.T) {
	if pipeline.Organization != served.Organization || pipeline.Project != served.Project || maxSecureFile != served.MaxSecureFile {
		t.Error("client and server disagree on the library's names or limits")
	}
}
