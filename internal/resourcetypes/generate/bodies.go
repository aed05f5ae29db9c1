package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// implemented are the types whose bodies are written: those of this project's providers.
var implemented = regexp.MustCompile(`^Microsoft\.(ApiManagement/service(/[^/]+){0,4}|` +
	`KeyVault/vaults(/(secrets|keys|accessPolicies))?|` +
	`Authorization/(roleAssignments|roleDefinitions|locks)|` +
	`Resources/(resourceGroups|deployments|tags)|Management/managementGroups)@`)

// bodies is the text of bodies.txt: numbered objects, each once, then for every
// type its API versions with the number of the body of each.
func bodies(files []typesFile) []byte {
	w := &bodyWriter{numbers: map[string]int{}, roots: map[string]map[string]string{}}
	for _, f := range files {
		for _, e := range f {
			if e.Kind == "ResourceType" && implemented.MatchString(e.Name) && !strings.Contains(e.Name, "/workspaces") {
				name, version, _ := strings.Cut(e.Name, "@")
				child(w.roots, name)[version] = w.root(f, e.Body.index())
			}
		}
	}
	return w.text()
}

type bodyWriter struct {
	numbers map[string]int // of an object's text
	objects []string
	roots   map[string]map[string]string // type, version, body
}

// root is a body without the properties that every resource has.
func (w *bodyWriter) root(f typesFile, i int) string {
	e := f[i]
	for _, m := range []map[string]property{e.Properties, e.BaseProperties} {
		for _, name := range []string{"id", "type", "apiVersion"} {
			delete(m, name)
		}
	}
	return w.shape(f, i, nil)
}

// shape is the text of a type. What a type refers to inside itself is "a", any value.
func (w *bodyWriter) shape(f typesFile, i int, around []int) string {
	if i < 0 || i >= len(f) || slices.Contains(around, i) {
		return "a"
	}
	e := f[i]
	around = append(around, i)
	switch e.Kind {
	case "StringType":
		if e.Sensitive {
			return "S"
		}
		return "s"
	case "IntegerType":
		return "i"
	case "BooleanType":
		return "b"
	case "NullType":
		return "n"
	case "StringLiteralType":
		return quote(e.Value)
	case "ArrayType":
		return "[" + w.shape(f, e.Item.index(), around) + "]"
	case "UnionType":
		var members []reference
		json.Unmarshal(e.Elements, &members)
		var parts []string
		for _, m := range members {
			parts = append(parts, w.shape(f, m.index(), around))
		}
		return strings.Join(parts, "|")
	case "ObjectType":
		text := "{" + quote(e.Name) + w.properties(f, e.Properties, around)
		if e.AdditionalProperties != nil {
			text += " *:" + w.shape(f, e.AdditionalProperties.index(), around)
		}
		return w.number(text + "}")
	case "DiscriminatedObjectType":
		var elements map[string]reference
		json.Unmarshal(e.Elements, &elements)
		text := "<" + quote(e.Name) + " " + quote(e.Discriminator) + w.properties(f, e.BaseProperties, around) + ";"
		for _, key := range slices.Sorted(maps.Keys(elements)) {
			r := elements[key]
			text += " " + quote(key) + ":" + w.shape(f, r.index(), around)
		}
		return w.number(text + ">")
	}
	return "a"
}

func (w *bodyWriter) properties(f typesFile, all map[string]property, around []int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		b.WriteString(" " + quote(name))
		for flag, mark := range []string{"!", "<", ">"} { // required, read-only, write-only
			if p.Flags&(1<<flag) != 0 {
				b.WriteString(mark)
			}
		}
		b.WriteString(":" + w.shape(f, p.Type.index(), around))
	}
	return b.String()
}

func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

// number gives an object its number, the one that an equal object has.
func (w *bodyWriter) number(text string) string {
	n, ok := w.numbers[text]
	if !ok {
		n = len(w.objects)
		w.numbers[text] = n
		w.objects = append(w.objects, text)
	}
	return fmt.Sprintf("#%d", n)
}

func (w *bodyWriter) text() []byte {
	var b bytes.Buffer
	b.WriteString("# Made by generate from Azure/bicep-types-az: objects, numbered from 0, then TYPE VERSION#BODY...\n")
	for _, o := range w.objects {
		b.WriteString(o + "\n")
	}
	for _, name := range slices.SortedFunc(maps.Keys(w.roots), fold) {
		b.WriteString(name)
		for _, version := range slices.Sorted(maps.Keys(w.roots[name])) {
			b.WriteString(" " + version + w.roots[name][version])
		}
		b.WriteString("\n")
	}
	return b.Bytes()
}
