// Package resourcetypes is what is publicly known of Azure's resource types: their
// names in Azure's casing, their API versions, and for the types of this project's
// providers their properties. It knows nothing of what those providers do, and takes
// no decision: the compiler and the providers look things up here. Start at
// Canonical and Body.
//
// names.txt and bodies.txt are made by the program in generate; DESIGN.md says from
// what, and how they are renewed.
package resourcetypes

//go:generate go run ./generate
