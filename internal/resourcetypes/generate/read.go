package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// typesFile is one types.json: types that refer to each other by index.
type typesFile []entry

// entry is one type of a types.json, as far as the tables need it.
type entry struct {
	Kind string `json:"$type"`
	Name string `json:"name"`
}

func readTypes(root string) ([]typesFile, error) {
	var files []typesFile
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "types.json" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f typesFile
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files = append(files, f)
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no types.json below %s", root)
	}
	return files, err
}
