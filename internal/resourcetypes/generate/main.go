// Command generate writes the tables of package resourcetypes from a copy of the
// repository Azure/bicep-types-az, whose path is in GATEHOUSE_BICEP_TYPES. It is run
// by hand (go generate), when the tables are to be renewed.
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Getenv("GATEHOUSE_BICEP_TYPES")); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(root string) error {
	if root == "" {
		return fmt.Errorf("GATEHOUSE_BICEP_TYPES is not set: give it a folder with Azure/bicep-types-az, or with its generated/**/types.json")
	}
	files, err := readTypes(root)
	if err != nil {
		return err
	}
	spaces := namespaces(files)
	if err := os.WriteFile("names.txt", names(spaces), 0o644); err != nil {
		return err
	}
	data, err := bodies(spaces)
	if err != nil {
		return err
	}
	return os.WriteFile("bodies.bin", data, 0o644)
}
