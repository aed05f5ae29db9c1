package sema

import (
	"encoding/base64"
	"math"
	"strings"

	"gatehouse/internal/bicep/types"
)

// callResult is the type of a call whose overload is known: where the types of the
// arguments say more of it than the function's own does, with that.
func (m *Model) callResult(c call, o *types.Overload, args []*types.Type) *types.Type {
	switch c.name.Name {
	case "first", "last":
		return firstOrLast(c.name.Name, o, args[0])
	case "length":
		return lengthResult(args[0])
	case "map":
		if args[1].Kind == types.LambdaKind {
			return types.ArrayOf(args[1].Return)
		}
	case "filter", "sort", "distinct":
		if o.Returns.Kind == types.ArrayKind && args[0].IsArray() {
			return types.ArrayOf(args[0].ItemType())
		}
	case "take", "skip":
		return takenOrSkipped(c.name.Name, o, args)
	case "concat":
		return concatenated(o, args)
	case "flatten":
		return m.flattened(c, args[0])
	case "deployment":
		return m.deploymentType()
	case "base64", "toLower", "toUpper", "trim":
		return foldedText(c.name.Name, o.Returns, args[0])
	case "uniqueString":
		return textBetween(13, 13, nil)
	case "guid":
		return textBetween(36, 36, nil)
	case "padLeft":
		return padded(args)
	case "substring":
		return substringResult(args)
	case "min", "max":
		return extremeResult(c.name.Name == "max", args)
	case "range":
		return rangeResult(args)
	}
	return o.Returns
}

func firstOrLast(name string, o *types.Overload, t *types.Type) *types.Type {
	switch {
	case t.Kind == types.TupleKind && len(t.Items) == 0:
		return types.Null
	case t.Kind == types.TupleKind && name == "first":
		return t.Items[0]
	case t.Kind == types.TupleKind:
		return t.Items[len(t.Items)-1]
	case t.Kind == types.ArrayKind && t.Min != nil && *t.Min > 0:
		return t.Item
	case t.Kind == types.ArrayKind:
		return types.Union(types.Null, t.Item)
	case t.Kind == types.StringKind:
		return takenText(t, 1, 1)
	}
	return o.Returns
}

func concatenated(o *types.Overload, args []*types.Type) *types.Type {
	if o.Returns.Kind != types.ArrayKind {
		return concatenatedText(args)
	}
	var items []*types.Type
	tuples := true
	for _, a := range args {
		if !a.IsArray() {
			return types.Array
		}
		tuples = tuples && a.Kind == types.TupleKind
	}
	for _, a := range args {
		if tuples {
			items = append(items, a.Items...)
		} else if a.Kind != types.TupleKind || len(a.Items) > 0 {
			items = append(items, a.ItemType())
		}
	}
	if tuples {
		return types.Tuple(items...)
	}
	return types.ArrayOf(types.Union(items...))
}

// flattened is the type of an array of arrays made one array.
func (m *Model) flattened(c call, t *types.Type) *types.Type {
	if !t.IsArray() {
		return types.Array
	}
	var items []*types.Type
	members := []*types.Type{t.ItemType()}
	if members[0].Kind == types.UnionKind {
		members = members[0].Items
	}
	for _, x := range members {
		switch {
		case x.Kind == types.AnyKind:
			return types.Array
		case !x.IsArray():
			m.errorf("BCP309", c.args[0].At(), "Values of type \"%s\" cannot be flattened because \"%s\" is not an array type.", t, x)
			return types.Error
		}
		if x.Kind != types.TupleKind || len(x.Items) > 0 {
			items = append(items, x.ItemType())
		}
	}
	if len(items) == 0 {
		return types.Array
	}
	return types.ArrayOf(types.Union(items...))
}

func foldedText(name string, returns, t *types.Type) *types.Type {
	if t.Kind != types.StringKind {
		return returns
	}
	if !t.Literal {
		switch name {
		case "toLower", "toUpper":
			return t
		case "trim":
			c := *t
			c.Min, c.Pattern = nil, ""
			return &c
		}
		return returns
	}
	switch name {
	case "base64":
		return types.Text(base64.StdEncoding.EncodeToString([]byte(t.Text)))
	case "toLower":
		return types.Text(strings.ToLower(t.Text))
	case "toUpper":
		return types.Text(strings.ToUpper(t.Text))
	}
	return types.Text(strings.TrimSpace(t.Text))
}

// textBetween is a string with at least and at most as many characters, loose and
// secret as the one it is made of. No least is 0, no most the largest integer.
func textBetween(least, most int64, of *types.Type) *types.Type {
	t := &types.Type{Kind: types.StringKind}
	if of != nil {
		t.Loose, t.Secure = of.Loose, of.Secure
	}
	if least > 0 {
		t.Min = &least
	}
	if most < math.MaxInt64 {
		t.Max = &most
	}
	return t
}

// lengths are the least and most characters of t as a string.
func lengths(t *types.Type) (least, most int64) {
	least, most, known := stringified(t)
	if !known {
		most = math.MaxInt64
	}
	return least, most
}

// bounds are the least and greatest values of an integer, or items of an array.
func bounds(t *types.Type) (least, most int64) {
	least, most = math.MinInt64, math.MaxInt64
	switch {
	case t.Kind == types.IntKind && t.Literal:
		return t.Int, t.Int
	case t.Kind == types.IntKind, t.Kind == types.ArrayKind:
		if t.Min != nil {
			least = *t.Min
		}
		if t.Max != nil {
			most = *t.Max
		}
	}
	return least, most
}

// integerBetween is an integer within bounds as bounds gives them.
func integerBetween(least, most int64) *types.Type {
	t := &types.Type{Kind: types.IntKind}
	if least > math.MinInt64 {
		t.Min = &least
	}
	if most < math.MaxInt64 {
		t.Max = &most
	}
	return t
}

func lengthResult(t *types.Type) *types.Type {
	switch t.Kind {
	case types.TupleKind:
		return types.Integer(int64(len(t.Items)))
	case types.ArrayKind:
		least, most := bounds(t)
		return integerBetween(max(0, least), most)
	case types.StringKind:
		least, most := lengths(t)
		if t.Literal {
			return types.Integer(least)
		}
		return integerBetween(least, most)
	case types.ObjectKind:
		least, most := int64(0), int64(len(t.Props))
		for _, p := range t.Props {
			if _, null := p.Type.NonNull(); p.Flags&types.Required != 0 && !null {
				least++
			}
		}
		if t.Additional != nil {
			most = math.MaxInt64
		}
		return integerBetween(least, most)
	}
	return types.Int
}

func concatenatedText(args []*types.Type) *types.Type {
	var least, most int64
	var text strings.Builder
	literal := true
	for _, a := range args {
		lo, hi := lengths(a)
		least += lo
		if hi == math.MaxInt64 || most == math.MaxInt64 {
			most = math.MaxInt64
		} else {
			most += hi
		}
		literal = literal && a.Kind == types.StringKind && a.Literal
		text.WriteString(a.Text)
	}
	if literal {
		return types.Text(text.String())
	}
	return textBetween(least, most, nil)
}

func takenOrSkipped(name string, o *types.Overload, args []*types.Type) *types.Type {
	t := args[0]
	least, most := bounds(args[1])
	switch {
	case t.Kind == types.TupleKind && least == most:
		n := int(min(max(least, 0), int64(len(t.Items))))
		if name == "take" {
			return types.Tuple(t.Items[:n]...)
		}
		return types.Tuple(t.Items[n:]...)
	case t.IsArray():
		return types.ArrayOf(t.ItemType())
	case o.Returns.Kind != types.StringKind:
		return o.Returns
	case name == "take":
		return takenText(t, least, most)
	}
	lo, hi := lengths(t)
	if most == math.MaxInt64 {
		lo = 0
	} else {
		lo = max(0, lo-max(0, most))
	}
	if hi < math.MaxInt64 {
		hi = max(0, hi-max(0, least))
	}
	return textBetween(lo, hi, t)
}

// takenText is the first characters of a string, from least to most of them.
func takenText(t *types.Type, least, most int64) *types.Type {
	lo, hi := lengths(t)
	if t.Literal && least == most && int64(len(t.Text)) == lo {
		return types.Text(t.Text[:min(max(least, 0), lo)])
	}
	return textBetween(min(lo, max(least, 0)), max(0, min(hi, most)), t)
}

func padded(args []*types.Type) *types.Type {
	lo, hi := lengths(args[0])
	if args[1].Kind != types.IntKind || !args[1].Literal {
		return textBetween(lo, math.MaxInt64, args[0])
	}
	if hi < math.MaxInt64 {
		hi = max(hi, args[1].Int)
	}
	return textBetween(max(lo, args[1].Int), hi, args[0])
}

func substringResult(args []*types.Type) *types.Type {
	if len(args) > 2 && args[2].Kind == types.IntKind {
		least, most := bounds(args[2])
		return textBetween(least, most, args[0])
	}
	lo, hi := int64(0), int64(math.MaxInt64)
	if args[0].Kind == types.StringKind {
		lo, hi = lengths(args[0])
	}
	from, to := bounds(args[1])
	if args[1].Kind != types.IntKind || to == math.MaxInt64 {
		lo = 0
	} else {
		lo = max(0, lo-to)
	}
	if hi < math.MaxInt64 && from > math.MinInt64 {
		hi = max(0, hi-from)
	}
	return textBetween(lo, hi, args[0])
}

// extremeResult is the least or greatest of integers, which may be in an array.
func extremeResult(greatest bool, args []*types.Type) *types.Type {
	if args[0].Kind == types.ArrayKind && args[0].Item.Kind == types.IntKind {
		return args[0].Item
	}
	if args[0].Kind == types.TupleKind {
		args = args[0].Items
	}
	if len(args) == 0 {
		return types.Int
	}
	least, most := bounds(args[0])
	for _, a := range args[1:] {
		lo, hi := bounds(a)
		if greatest {
			least, most = max(least, lo), max(most, hi)
		} else {
			least, most = min(least, lo), min(most, hi)
		}
	}
	if least == most {
		return types.Integer(least)
	}
	return integerBetween(least, most)
}

// rangeResult is an array of consecutive integers.
func rangeResult(args []*types.Type) *types.Type {
	start, last := bounds(args[0])
	least, most := bounds(args[1])
	if last < math.MaxInt64 && most < math.MaxInt64 {
		last += most - 1
	} else {
		last = math.MaxInt64
	}
	t := types.ArrayOf(integerBetween(start, last))
	if least > math.MinInt64 {
		t.Min = &least
	}
	if most < math.MaxInt64 {
		t.Max = &most
	}
	return t
}
