package policy

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNames: the list of names has the rows of the table, each once.
func TestNames(t *testing.T) {
	source, err := os.ReadFile("table.go")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, line := range regexp.MustCompile(`(?m)^\tcase (.*):$`).FindAllStringSubmatch(string(source), -1) {
		for _, name := range regexp.MustCompile(`"([a-z0-9-]+)"`).FindAllStringSubmatch(line[1], -1) {
			rows = append(rows, name[1])
		}
	}
	slices.Sort(rows)
	if list := strings.Fields(names); !slices.Equal(list, rows) {
		t.Errorf("the list is\n%s\nthe table has\n%s", list, rows)
	}
	if d := Descriptions(); len(d) != len(rows) || len(d[0].Scopes) == 0 {
		t.Errorf("%d descriptions of %d: %v", len(d), len(rows), d[:1])
	}
}
