package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// typesFile is one types.json: types that refer to each other by index.
type typesFile []entry

// entry is one type of a types.json.
type entry struct {
	Kind                 string              `json:"$type"`
	Name                 string              `json:"name"`
	Value                string              `json:"value"`
	Sensitive            bool                `json:"sensitive"`
	Pattern              *string             `json:"pattern"`
	MinLength            *int64              `json:"minLength"`
	MaxLength            *int64              `json:"maxLength"`
	MinValue             *int64              `json:"minValue"`
	MaxValue             *int64              `json:"maxValue"`
	Item                 *reference          `json:"itemType"`
	AdditionalProperties *reference          `json:"additionalProperties"`
	Properties           map[string]property `json:"properties"`
	BaseProperties       map[string]property `json:"baseProperties"`
	Discriminator        string              `json:"discriminator"`
	Elements             json.RawMessage     `json:"elements"`

	// Of a ResourceType.
	Body           *reference `json:"body"`
	ReadableScopes uint64     `json:"readableScopes"`
	WritableScopes uint64     `json:"writableScopes"`

	// Of a ResourceFunctionType.
	ResourceType string     `json:"resourceType"`
	APIVersion   string     `json:"apiVersion"`
	Input        *reference `json:"input"`
	Output       *reference `json:"output"`
}

type property struct {
	Type  *reference `json:"type"`
	Flags int        `json:"flags"`
}

// reference is {"$ref": "#/12"}.
type reference struct {
	Ref string `json:"$ref"`
}

// index is the place of what r refers to in its file; -1 when it is not there.
func (r *reference) index() int {
	if r == nil {
		return -1
	}
	text, ok := strings.CutPrefix(r.Ref, "#/")
	if !ok {
		return -1
	}
	i, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return i
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
