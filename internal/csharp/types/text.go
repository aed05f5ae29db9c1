package types

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Text is v.ToString(), and "" for null, as string concatenation has it.
func (r *Run) Text(v Value) string {
	switch o := v.ref.(type) {
	case nil:
		return ""
	case *byte:
		return v.Str()
	case *Type:
		return r.primitiveText(o, v)
	case TextOf:
		return o.ToText(r)
	case Object:
		return FullName(o.DotNetType())
	}
	if s, ok := v.ref.(fmt.Stringer); ok { // a host's object with a text, such as a URL
		return s.String()
	}
	return ObjectT.Full
}

func (r *Run) primitiveText(t *Type, v Value) string {
	switch t.Kind {
	case KindBool:
		if v.Bool() {
			return "True"
		}
		return "False"
	case KindChar:
		return DecodeUTF16([]uint16{v.Char()})
	case KindInt32, KindInt64, KindInt16, KindSByte:
		return strconv.FormatInt(v.Long(), 10)
	case KindByte, KindUInt16, KindUInt32, KindUInt64:
		return strconv.FormatUint(v.num, 10)
	case KindDouble:
		return FloatText(v.Double(), 64)
	case KindSingle:
		return FloatText(v.Double(), 32)
	}
	return r.Format(v, "")
}

// Format is v.ToString(format) with the invariant culture.
func (r *Run) Format(v Value, format string) string {
	if v.ref == nil {
		return ""
	}
	t := TypeOf(v)
	if f := r.Types.formatter(t); f != nil {
		return f(r, v, format)
	}
	if t.Kind == KindEnum {
		return r.formatEnum(t, v, format)
	}
	if v.ValueType() != nil {
		return FullName(t)
	}
	return r.Text(v)
}

// formatEnum writes an enum by the formats G and F, which name it, D and X.
func (r *Run) formatEnum(t *Type, v Value, format string) string {
	switch format {
	case "", "G", "g", "F", "f":
		return r.Types.enumText(t, v)
	case "D", "d":
		return strconv.FormatInt(v.Long(), 10)
	case "X", "x":
		return fmt.Sprintf("%08X", uint32(v.Long()))
	}
	r.Throw("System.FormatException", "Format String can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".")
	return ""
}

// FloatText writes a double or float as .NET Framework's general format does: 15 digits
// (7 for float), an exponent from 1E+15 on and below 1E-05.
func FloatText(f float64, bits int) string {
	digits := 15
	if bits == 32 {
		digits = 7
	}
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	}
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp) // FormatFloat wrote it
	sign := ""
	if mantissa[0] == '-' {
		sign, mantissa = "-", mantissa[1:]
	}
	d := strings.TrimRight(strings.Replace(mantissa, ".", "", 1), "0")
	switch {
	case e >= digits || e < -4:
		s = d[:1]
		if len(d) > 1 {
			s += "." + d[1:]
		}
		return fmt.Sprintf("%s%sE%+03d", sign, s, e)
	case e < 0:
		return sign + "0." + strings.Repeat("0", -e-1) + d
	case len(d) <= e+1:
		return sign + d + strings.Repeat("0", e+1-len(d))
	}
	return sign + d[:e+1] + "." + d[e+1:]
}

// TypeOf is the run-time type of v; nil for null, object for a host's objects, which do not tell.
func TypeOf(v Value) *Type {
	switch o := v.ref.(type) {
	case nil:
		return nil
	case *byte:
		return String
	case *Type:
		return o
	case Object:
		return o.DotNetType()
	}
	return ObjectT // a host's object, whose types are known by Type.Is
}

// FullName is Type.ToString(): System.Collections.Generic.List`1[System.Int32].
func FullName(t *Type) string {
	if t.Kind == KindArray {
		return FullName(t.Elem) + "[]"
	}
	if t.Kind == KindNullable {
		return "System.Nullable`1[" + FullName(t.Elem) + "]"
	}
	if len(t.Args) == 0 || t.Def == nil {
		return t.Full
	}
	names := make([]string, len(t.Args))
	for i, a := range t.Args {
		names[i] = FullName(a)
	}
	return t.Def.Full + "`" + strconv.Itoa(len(names)) + "[" + strings.Join(names, ",") + "]"
}

func writeKey(b *strings.Builder, v Value) {
	k := KeyOf(v)
	fmt.Fprintf(b, "%d:%d:%s:%p;", len(k.text), k.num, k.text, k.ref)
}

// Qualified is a type's name with its namespace, as conversion messages of the C# compiler write it.
func Qualified(t *Type) string {
	switch {
	case t.Kind == KindArray:
		return Qualified(t.Elem) + "[]"
	case t.Kind == KindNullable:
		return Qualified(t.Elem) + "?"
	case t.Kind == KindTuple || t.Kind == KindAnonymous || t.Kind == KindParam || t.Name == t.Full:
		return t.Name
	case len(t.Args) > 0:
		names := make([]string, len(t.Args))
		for i, a := range t.Args {
			names[i] = Qualified(a)
		}
		return t.Full + "<" + strings.Join(names, ", ") + ">"
	}
	for _, k := range Keywords() {
		if k == t {
			return t.Name
		}
	}
	if t.Full == "" {
		return t.Name
	}
	return t.Full
}
