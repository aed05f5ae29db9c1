// Package types is what policy expressions know of .NET: run-time values (Value),
// types (Type), and the Registry of types with their members, which package lib
// fills. Start at Value and Type; a member of the library is a Func, and a running
// evaluation, with its limits and exceptions, is a Run.
//
// It knows no syntax and holds no .NET type's behaviour beyond what the language
// itself needs: that is package lib.
package types
