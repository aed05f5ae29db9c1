// Package resourcetypes is what is publicly known of Azure's resource types: their
// names in Azure's casing, their API versions, their properties, where they are
// deployed, and their list* functions. It knows nothing of what this project's
// providers do, and takes no decision: the compiler and the providers look things up
// here. Start at Canonical and Lookup.
//
// names.txt and bodies.bin are made by the program in generate; DESIGN.md says from
// what, and how they are renewed.
package resourcetypes

//go:generate go run ./generate
