package template

import (
	"strings"
)

// maxCopies is Resource Manager's limit of iterations, and of resources in a template.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/copy-resources#iteration-limits
const maxCopies = 800

// areLoops tells the copy loops of properties from a property that is named copy.
func areLoops(items []any) bool {
	for _, item := range items {
		o, ok := item.(*Object)
		if !ok {
			return false
		}
		_, named := o.Get("name")
		_, counted := o.Get("count")
		if !named || !counted {
			return false
		}
	}
	return len(items) > 0
}

// loops expands {"copy":[{"name","count","input"}]} into out.
func (f *frame) loops(items []any, out *Object) error {
	for _, item := range items {
		loop := item.(*Object)
		name, err := f.string(loop.Value("name"), "name of a copy loop")
		if err != nil {
			return err
		}
		v, err := f.loop(name, loop)
		if err != nil {
			return err
		}
		out.set(name, v)
	}
	return nil
}

// loop evaluates one copy loop into an array. When its count is not known yet, its input
// is evaluated once, for the references in it.
func (f *frame) loop(name string, loop *Object) (any, error) {
	n, known, err := f.count(name, loop)
	if err != nil {
		return nil, err
	}
	input, ok := loop.Get("input")
	if !ok {
		return nil, fault("The copy loop '%s' has no 'input'. Please see https://aka.ms/arm-resource-loops for usage details.", name)
	}
	if !known {
		_, _ = f.iteration(name, 0).value(input)
		return &Unknown{Source: encode(loop.Value("count"))}, nil
	}
	out := make([]any, 0, n)
	for i := range n {
		if err := f.step(); err != nil {
			return nil, err
		}
		v, err := f.iteration(name, i).value(input)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (f *frame) count(name string, loop *Object) (n int64, known bool, err error) {
	v, err := f.value(loop.Value("count"))
	if err != nil {
		return 0, false, err
	}
	if _, ok := v.(*Unknown); ok {
		return 0, false, nil
	}
	n, ok := v.(int64)
	if !ok {
		return 0, false, fault("The value of the 'count' of the copy loop '%s' must be an integer, not of type '%s'. Please see https://aka.ms/arm-resource-loops for usage details.", name, typeName(v))
	}
	if n < 0 || n > maxCopies {
		return 0, false, fault("The number of iterations of the copy loop '%s' must be between 0 and %d, not %d. Please see https://aka.ms/arm-resource-loops for usage details.", name, maxCopies, n)
	}
	return n, true, nil
}

func (f *frame) iteration(name string, index int64) *frame {
	return f.with(func(g *frame) {
		g.copies = &copyScope{name: name, index: index, property: true, up: f.copies}
		g.can |= canCopyIndex
	})
}

// copyIndex is copyIndex([name], [offset]).
func copyIndex(f *frame, c call) (any, error) {
	name, offset := "", int64(0)
	if len(c.args) > 0 {
		switch v := c.args[0].(type) {
		case string:
			name = v
		case int64:
			offset = v
			if len(c.args) == 2 {
				return nil, c.expected(0, "String")
			}
		default:
			return nil, c.expected(0, "String")
		}
	}
	if len(c.args) == 2 {
		n, err := c.integer(1)
		if err != nil {
			return nil, err
		}
		offset = n
	}
	if s := f.copies.find(name); s != nil {
		return s.index + offset, nil
	}
	return nil, fault("The template function 'copyIndex' is not expected at this location: no copy loop is named '%s'. Please see https://aka.ms/arm-resource-loops for usage details.", name)
}

// find a loop by name. Without a name it is the loop of the resource, variable or output,
// not that of a property inside of it.
func (s *copyScope) find(name string) *copyScope {
	innermost := s
	for ; s != nil; s = s.up {
		if name != "" && strings.EqualFold(s.name, name) || name == "" && !s.property {
			return s
		}
	}
	if name == "" {
		return innermost
	}
	return nil
}
