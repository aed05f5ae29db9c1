package bicep_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"gatehouse/internal/bicep"
)

// BenchmarkCompile compiles every main.bicep below GATEHOUSE_BICEP_CORPUS, or else
// below examples, without and with the linter, which may add half of the time.
func BenchmarkCompile(b *testing.B) {
	root := os.Getenv("GATEHOUSE_BICEP_CORPUS")
	if root == "" {
		root = filepath.Join("..", "..", "examples")
	}
	var files []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "main.bicep" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		b.Fatalf("no files below %s: %v", root, err)
	}
	for _, lint := range []bool{false, true} {
		name := map[bool]string{false: "plain", true: "linted"}[lint]
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				for _, f := range files {
					bicep.Compile(context.Background(), f, bicep.Options{Lint: lint})
				}
			}
		})
	}
}
