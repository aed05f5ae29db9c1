package template

import (
	"cmp"
	"slices"
	"strings"
)

// Functions of objects.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-object
func objectFunctions() map[string]*function {
	return map[string]*function{
		"createObject": {max: -1, holds: true, call: createObject},
		"items":        {min: 1, max: 1, shallow: true, call: items},
		"objectKeys":   {min: 1, max: 1, shallow: true, call: objectKeys},
		"shallowMerge": fixed(1, shallowMerge),
		"tryGet":       {min: 2, max: -1, shallow: true, call: tryGet},
		"null":         fixed(0, func(*frame, call) (any, error) { return nil, nil }),
	}
}

func createObject(_ *frame, c call) (any, error) {
	if len(c.args)%2 != 0 {
		return nil, c.fail("expects an even number of parameters: names and values. %d were provided", len(c.args))
	}
	o := NewObject()
	for i := 0; i < len(c.args); i += 2 {
		if _, ok := c.args[i].(*Unknown); ok {
			return &Unknown{}, nil
		}
		key, err := c.str(i)
		if err != nil {
			return nil, err
		}
		o.set(key, c.args[i+1])
	}
	return o, nil
}

// sortedKeys are in ordinal order without regard to case.
func sortedKeys(o *Object) []string {
	keys := slices.Clone(o.keys)
	slices.SortStableFunc(keys, func(a, b string) int {
		return cmp.Or(strings.Compare(ordinalFold(a), ordinalFold(b)), strings.Compare(a, b))
	})
	return keys
}

func items(_ *frame, c call) (any, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, o.Len())
	for _, k := range sortedKeys(o) {
		out = append(out, object("key", k, "value", o.vals[o.exact(k)]))
	}
	return out, nil
}

func objectKeys(_ *frame, c call) (any, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	out := make([]any, 0, o.Len())
	for _, k := range sortedKeys(o) {
		out = append(out, k)
	}
	return out, nil
}

func shallowMerge(_ *frame, c call) (any, error) {
	a, err := c.array(0)
	if err != nil {
		return nil, err
	}
	out := NewObject()
	for i, e := range a {
		o, ok := e.(*Object)
		if !ok {
			return nil, c.fail("expects the items of its array to be objects. Item %d is of type '%s'", i, typeName(e))
		}
		for j, k := range o.keys {
			out.setFold(k, o.vals[j])
		}
	}
	return out, nil
}

// tryGet follows properties and indexes; where one is missing the result is null.
func tryGet(_ *frame, c call) (any, error) {
	v := c.args[0]
	for _, index := range c.args[1:] {
		next, found, err := access(v, index)
		if err != nil || !found {
			return nil, err
		}
		v = next
	}
	return v, nil
}
