package lib

import (
	"bytes"
	"cmp"
	"math/big"

	"gatehouse/internal/csharp/types"
)

// The kinds of Newtonsoft.Json.Linq.JTokenType.
const (
	jsonNone = iota
	jsonObject
	jsonArray
	jsonConstructor
	jsonProp
	jsonComment
	jsonInteger
	jsonFloat
	jsonString
	jsonBoolean
	jsonNull
	jsonUndefined
	jsonDate
	jsonRaw
	jsonBytes
	jsonGuid
	jsonURI
	jsonTimeSpan
)

var (
	tokenType     = types.New(types.KindClass, "Newtonsoft.Json.Linq.JToken")
	containerType = types.New(types.KindClass, "Newtonsoft.Json.Linq.JContainer")
	objectType    = types.New(types.KindClass, "Newtonsoft.Json.Linq.JObject")
	jarrayType    = types.New(types.KindClass, "Newtonsoft.Json.Linq.JArray")
	propertyType  = types.New(types.KindClass, "Newtonsoft.Json.Linq.JProperty")
	valueType     = types.New(types.KindClass, "Newtonsoft.Json.Linq.JValue")
	rawType       = types.New(types.KindClass, "Newtonsoft.Json.Linq.JRaw")
	tokenKindType = types.New(types.KindEnum, "Newtonsoft.Json.Linq.JTokenType")
)

// Token is a JToken: *JSONObject, *JSONArray, *JSONProperty or *JSONValue. A token has one
// parent at most; adding it elsewhere adds a copy, as in Newtonsoft.
type Token interface {
	types.Object
	node() *tokenNode
	kind() int
}

type tokenNode struct{ parent Token }

func (n *tokenNode) node() *tokenNode { return n }

// JSONObject is a JObject.
type JSONObject struct {
	tokenNode
	props []*JSONProperty
	index map[string]int // of objects with many properties; nil: look through props
}

// JSONArray is a JArray, or a JConstructor: new maker(items).
type JSONArray struct {
	tokenNode
	items   []Token
	maker   string
	isMaker bool
}

// JSONProperty is a JProperty.
type JSONProperty struct {
	tokenNode
	name  string
	value Token
}

// JSONValue is a JValue or JRaw.
type JSONValue struct {
	tokenNode
	typ byte
	v   val
}

// DotNetType implements types.Object.
func (*JSONObject) DotNetType() *types.Type { return objectType }

// DotNetType implements types.Object.
func (a *JSONArray) DotNetType() *types.Type {
	if a.isMaker {
		return constructorType
	}
	return jarrayType
}

// DotNetType implements types.Object.
func (*JSONProperty) DotNetType() *types.Type { return propertyType }

// DotNetType implements types.Object.
func (v *JSONValue) DotNetType() *types.Type {
	if v.typ == jsonRaw {
		return rawType
	}
	return valueType
}

func (*JSONObject) kind() int { return jsonObject }
func (a *JSONArray) kind() int {
	if a.isMaker {
		return jsonConstructor
	}
	return jsonArray
}
func (*JSONProperty) kind() int { return jsonProp }
func (v *JSONValue) kind() int  { return int(v.typ) }

// tokenValue makes a Value of a token; nil is null.
func tokenValue(t Token) val {
	if t == nil {
		return types.Null
	}
	return types.Ref(t)
}

// manyProperties is from when on an object keeps an index.
const manyProperties = 12

func (o *JSONObject) find(name string) int {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i, p := range o.props {
		if p.name == name {
			return i
		}
	}
	return -1
}

// Get is the value of a property; nil without it.
func (o *JSONObject) Get(name string) Token {
	if i := o.find(name); i >= 0 {
		return o.props[i].value
	}
	return nil
}

// attach appends a property whose name is new.
func (o *JSONObject) attach(p *JSONProperty) {
	p.parent = o
	o.props = append(o.props, p)
	if o.index != nil {
		o.index[p.name] = len(o.props) - 1
	} else if len(o.props) > manyProperties {
		o.reindex()
	}
}

func (o *JSONObject) reindex() {
	o.index = nil
	if len(o.props) > manyProperties {
		o.index = make(map[string]int, 2*len(o.props))
		for i, p := range o.props {
			o.index[p.name] = i
		}
	}
}

// set gives a property a value, adding it when it is new.
func (o *JSONObject) set(r *types.Run, name string, t Token) {
	if i := o.find(name); i >= 0 {
		o.props[i].setValue(r, t)
		return
	}
	p := &JSONProperty{name: name}
	p.setValue(r, t)
	o.attach(p)
}

func (o *JSONObject) removeAt(i int) {
	o.props[i].parent = nil
	o.props = append(o.props[:i], o.props[i+1:]...)
	o.reindex()
}

// setValue puts t, or a copy when t has a parent, into the property.
func (p *JSONProperty) setValue(r *types.Run, t Token) {
	if p.value != nil {
		if p.value == t {
			return
		}
		p.value.node().parent = nil
	}
	p.value = adopt(r, t, p)
}

// adopt makes t a child of parent: itself when it is free, else a copy.
func adopt(r *types.Run, t Token, parent Token) Token {
	if t == nil {
		t = &JSONValue{typ: jsonNull}
	}
	if t.node().parent != nil || isAncestor(t, parent) {
		t = cloneToken(r, t, 0)
	}
	t.node().parent = parent
	return t
}

// isAncestor keeps a token from becoming its own child.
func isAncestor(t, of Token) bool {
	for ; of != nil; of = of.node().parent {
		if of == t {
			return true
		}
	}
	return false
}

// maxNesting bounds every walk down a tree of tokens, however it was made.
const maxNesting = 10_000

func tooDeep(depth int) {
	if depth > maxNesting {
		panic(&types.LimitError{What: "nesting of JSON"})
	}
}

func cloneToken(r *types.Run, t Token, depth int) Token {
	tooDeep(depth)
	r.Step()
	r.Grow(64)
	switch t := t.(type) {
	case *JSONObject:
		o := &JSONObject{props: make([]*JSONProperty, 0, len(t.props))}
		for _, p := range t.props {
			o.attach(cloneToken(r, p, depth+1).(*JSONProperty))
		}
		return o
	case *JSONArray:
		a := &JSONArray{items: make([]Token, len(t.items)), maker: t.maker, isMaker: t.isMaker}
		for i, e := range t.items {
			a.items[i] = cloneToken(r, e, depth+1)
			a.items[i].node().parent = a
		}
		return a
	case *JSONProperty:
		p := &JSONProperty{name: t.name}
		if t.value != nil {
			p.value = cloneToken(r, t.value, depth+1)
			p.value.node().parent = p
		}
		return p
	case *JSONValue:
		return &JSONValue{typ: t.typ, v: t.v}
	}
	return nil
}

// deepEqual is JToken.DeepEquals: the order of properties does not matter.
func deepEqual(s, t Token, depth int) bool {
	tooDeep(depth)
	if s == nil || t == nil {
		return s == nil && t == nil
	}
	switch s := s.(type) {
	case *JSONObject:
		o, ok := t.(*JSONObject)
		if !ok || len(o.props) != len(s.props) {
			return false
		}
		for _, p := range s.props {
			i := o.find(p.name)
			if i < 0 || !deepEqual(p.value, o.props[i].value, depth+1) {
				return false
			}
		}
		return true
	case *JSONArray:
		a, ok := t.(*JSONArray)
		if !ok || len(a.items) != len(s.items) || a.isMaker != s.isMaker || a.maker != s.maker {
			return false
		}
		for i := range s.items {
			if !deepEqual(s.items[i], a.items[i], depth+1) {
				return false
			}
		}
		return true
	case *JSONProperty:
		p, ok := t.(*JSONProperty)
		return ok && p.name == s.name && deepEqual(s.value, p.value, depth+1)
	case *JSONValue:
		v, ok := t.(*JSONValue)
		return ok && s.equals(v)
	}
	return false
}

// equals compares values of one kind; integers and floats compare with each other.
func (v *JSONValue) equals(w *JSONValue) bool {
	if v.typ != w.typ {
		return false
	}
	return compareJSON(v, w) == 0
}

// EqualTo implements types.Equatable.
func (v *JSONValue) EqualTo(o val) bool {
	w, ok := o.Ref().(*JSONValue)
	return ok && v.equals(w)
}

// Key implements types.Equatable.
func (v *JSONValue) Key() string {
	b, _ := appendJSONValue(nil, &types.Run{}, v)
	return string(b)
}

// children are the direct children of a container.
func children(t Token) []Token {
	switch t := t.(type) {
	case *JSONObject:
		list := make([]Token, len(t.props))
		for i, p := range t.props {
			list[i] = p
		}
		return list
	case *JSONArray:
		return t.items
	case *JSONProperty:
		if t.value != nil {
			return []Token{t.value}
		}
	}
	return nil
}

// Each implements types.Enumerable: an object's properties.
func (o *JSONObject) Each(_ *types.Run, yield func(val) bool) { eachToken(children(o), yield) }

// Each implements types.Enumerable.
func (a *JSONArray) Each(r *types.Run, yield func(val) bool) {
	for i := 0; i < len(a.items); i++ {
		n := len(a.items)
		if !yield(types.Ref(a.items[i])) {
			return
		}
		if len(a.items) != n {
			invalid(r, "Collection was modified; enumeration operation may not execute.")
		}
	}
}

// Each implements types.Enumerable.
func (p *JSONProperty) Each(_ *types.Run, yield func(val) bool) { eachToken(children(p), yield) }

// Each implements types.Enumerable: a value has no children.
func (v *JSONValue) Each(*types.Run, func(val) bool) {}

func eachToken(list []Token, yield func(val) bool) {
	for _, t := range list {
		if !yield(types.Ref(t)) {
			return
		}
	}
}

// Len is the number of properties; Find implements Lookup.
func (o *JSONObject) Len() int { return len(o.props) }

// Find implements Lookup.
func (o *JSONObject) Find(_ *types.Run, key val) (val, bool) {
	i := o.find(key.Str())
	if i < 0 {
		return types.Null, false
	}
	return tokenValue(o.props[i].value), true
}

func (o *JSONObject) put(c call, key, v val, isNew bool) {
	c.NotNull(key, "propertyName")
	if isNew && o.find(key.Str()) >= 0 {
		duplicateProperty(c, key.Str())
	}
	c.Grow(160)
	o.set(c.Run, key.Str(), tokenOf(v))
}

func (o *JSONObject) drop(_ call, key val) bool {
	i := o.find(key.Str())
	if i >= 0 {
		o.removeAt(i)
	}
	return i >= 0
}

func (o *JSONObject) empty(call) {
	for _, p := range o.props {
		p.parent = nil
	}
	o.props, o.index = nil, nil
}

func duplicateProperty(c call, name string) {
	c.Throw("System.ArgumentException", "Can not add property "+name+" to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.")
}

// tokenOf is the token that a value of static type JToken is; nil for null.
func tokenOf(v val) Token {
	t, _ := v.Ref().(Token)
	return t
}

// Len, At and what follows make an array an IList<JToken>.
func (a *JSONArray) Len() int { return len(a.items) }

// At is element i.
func (a *JSONArray) At(i int) val { return types.Ref(a.items[i]) }

func (a *JSONArray) insert(c call, i int, v val) {
	c.Grow(64)
	t := adopt(c.Run, tokenOf(v), a)
	a.items = append(a.items, nil)
	copy(a.items[i+1:], a.items[i:])
	a.items[i] = t
}

func (a *JSONArray) removeAt(_ call, i int) {
	a.items[i].node().parent = nil
	a.items = append(a.items[:i], a.items[i+1:]...)
}

func (a *JSONArray) replace(c call, i int, v val) {
	if a.items[i] == tokenOf(v) {
		return
	}
	a.items[i].node().parent = nil
	a.items[i] = adopt(c.Run, tokenOf(v), a)
}

func (a *JSONArray) clear(call) {
	for _, t := range a.items {
		t.node().parent = nil
	}
	a.items = nil
}

// compareJSON orders two values of one kind.
func compareJSON(v, w *JSONValue) int {
	if v.v.IsNull() || w.v.IsNull() {
		return map[bool]int{true: 1}[!v.v.IsNull()] - map[bool]int{true: 1}[!w.v.IsNull()]
	}
	r := &types.Run{}
	switch v.typ {
	case jsonInteger:
		return bigOf(v.v).Cmp(bigOf(w.v))
	case jsonFloat:
		return cmp.Compare(floatOf(v.v), floatOf(w.v))
	case jsonBoolean:
		return int(v.v.Bits()) - int(w.v.Bits())
	case jsonDate:
		return cmp.Compare(instantOf(v.v), instantOf(w.v))
	case jsonTimeSpan:
		return cmp.Compare(v.v.Long(), w.v.Long())
	case jsonBytes:
		x, _ := v.v.Ref().(*types.Array)
		y, _ := w.v.Ref().(*types.Array)
		return bytes.Compare(x.Bytes, y.Bytes)
	}
	return ordinal(r.Text(v.v), r.Text(w.v))
}

// bigOf is any whole number that a token may hold.
func bigOf(v val) *big.Int {
	if b, ok := v.Ref().(*bigInteger); ok {
		return b.n
	}
	return wholeOf(v)
}

// floatOf is any number as a double.
func floatOf(v val) float64 {
	switch t := v.ValueType(); {
	case t == types.DoubleT || t == types.SingleT:
		return v.Double()
	case t == nil:
		return v.Decimal().Float()
	}
	return float64(v.Long())
}

// instantOf is the ticks of a DateTime or the UTC ticks of a DateTimeOffset.
func instantOf(v val) int64 {
	if o, ok := v.Ref().(*dateOffset); ok {
		return o.utc()
	}
	return dateTicks(v)
}
