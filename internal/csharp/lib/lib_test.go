package lib

import "testing"

// TestDeclarations: every declaration of the library can be read.
func TestDeclarations(t *testing.T) {
	if _, err := build(); err != nil {
		t.Fatal(err)
	}
}
