// Package lib is the part of .NET that policy expressions may use: one file a family
// of types, each a function that adds its types and members to a registry. Start at
// Types, which lists the families, and at DESIGN.md, which tells how to add one.
//
// It knows no syntax: package bind resolves members from the registry, package compile
// calls them.
package lib

import (
	"sync"

	"gatehouse/internal/csharp/types"
)

// Types is the finished registry of all families; it is made once and never changes.
var Types = sync.OnceValue(func() *types.Registry {
	r, err := build()
	if err != nil {
		panic(err) // a declaration in this package is wrong: its test says which
	}
	return r
})

func build() (*types.Registry, error) {
	r := types.NewRegistry()
	for _, family := range families() {
		family(r)
	}
	return r, r.Finish()
}

// families is the table of all families.
func families() []func(*types.Registry) {
	return []func(*types.Registry){
		objects,
		exceptions,
		delegates,
		tuples,
		enums,
		booleans,
		chars,
		integers,
		stringEnums,
		texts,
		stringCultures,
		collectionInterfaces,
		lists,
		dictionaries,
		sets,
		rows,
		arrays,
		untypedArrays,
		enumerable,
		conversions,
		guids,
		jsonTokens,
		jsonContainers,
		jsonConstructors,
		jsonValues,
		jsonCasts,
		jsonExtensions,
		jsonConverts,
		regexes,
		cryptoParts,
		hashes,
		hashCreators,
		symmetrics,
		rsas,
		asymmetricCreators,
		certificates,
		certificateFiles,
		rsaPaddings,
		tokens,
		stringBuilders,
		textEncodings,
		encodingArrays,
		bitConverters,
		uris,
		uriParts,
		uriHosts,
		webUtilities,
		ipAddresses,
		documents,
		xmlAnnotations,
		xmlReaders,
		floats,
		dates,
		dateOffsets,
		timeSpans,
		spanExact,
		timeZones,
		decimals,
		decimalBits,
		mathematics,
		randoms,
		comparables,
		charCategories,
		contexts,
		refusals,
	}
}
