package bind

import (
	"errors"
	"strconv"
	"strings"

	"gatehouse/internal/csharp/syntax"
	"gatehouse/internal/csharp/types"
)

func (b *binder) literal(x *syntax.Literal) Expr {
	switch x.Kind {
	case syntax.NullLiteral:
		return &Const{typed{types.NullT}, types.Null}
	case syntax.TrueLiteral:
		return &Const{typed{types.Boolean}, types.Bool(true)}
	case syntax.FalseLiteral:
		return &Const{typed{types.Boolean}, types.Bool(false)}
	case syntax.StringLiteral:
		return &Const{typed{types.String}, types.Str(x.Text)}
	case syntax.CharLiteral:
		if x.Text == "" {
			return bad()
		}
		return &Const{typed{types.CharT}, types.Char(types.At(x.Text, 0))}
	}
	return b.number(x, "")
}

// negative is -literal where the literal alone would be too large: -2147483648.
func (b *binder) negative(x *syntax.Literal) Expr {
	switch digits := strings.ReplaceAll(strings.ToLower(x.Text), "_", ""); digits {
	case "2147483648":
		return &Const{typed{types.Int32}, types.Int(-1 << 31)}
	case "9223372036854775808", "9223372036854775808l":
		return &Const{typed{types.Int64}, types.Long(-1 << 63)}
	}
	return nil
}

func (b *binder) number(x *syntax.Literal, _ string) Expr {
	s := strings.ReplaceAll(strings.ToLower(x.Text), "_", "")
	if !strings.HasPrefix(s, "0x") && !strings.HasPrefix(s, "0b") {
		switch last := s[len(s)-1]; {
		case last == 'm':
			return b.decimal(s[:len(s)-1], x.Span)
		case last == 'f' || last == 'd' || strings.ContainsAny(s, ".e"):
			return b.float(strings.TrimRight(s, "fd"), last == 'f', x.Span)
		}
	}
	digits := strings.TrimRight(s, "ul")
	suffix := s[len(digits):]
	n, err := strconv.ParseUint(digits, 0, 64)
	if !strings.HasPrefix(s, "0x") && !strings.HasPrefix(s, "0b") {
		n, err = strconv.ParseUint(digits, 10, 64)
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		b.fail("CS1021", x.Span)
		return bad()
	case err != nil || len(suffix) > 2 || suffix == "uu" || suffix == "ll":
		b.fail("CS1013", x.Span)
		return bad()
	}
	u, l := strings.Contains(suffix, "u"), strings.Contains(suffix, "l")
	switch {
	case !u && !l && n < 1<<31:
		return &Const{typed{types.Int32}, types.Int(int32(n))}
	case !l && n < 1<<32:
		return &Const{typed{types.UInt32}, types.Of(types.UInt32, n)}
	case !u && n < 1<<63:
		return &Const{typed{types.Int64}, types.Long(int64(n))}
	}
	return &Const{typed{types.UInt64}, types.Of(types.UInt64, n)}
}

func (b *binder) float(s string, single bool, at syntax.Span) Expr {
	bits, t := 64, types.DoubleT
	if single {
		bits, t = 32, types.SingleT
	}
	f, err := strconv.ParseFloat(s, bits)
	if err != nil {
		b.fail("CS0594", at, t.Name)
		return bad()
	}
	if single {
		return &Const{typed{t}, types.Single(float32(f))}
	}
	return &Const{typed{t}, types.Double(f)}
}

// decimal makes the constant by decimal.Parse, so that the library alone knows decimals.
func (b *binder) decimal(s string, at syntax.Span) Expr {
	for _, m := range b.reg.Own(types.Decimal, "Parse") {
		if len(m.Params) != 1 {
			continue
		}
		v, ok := b.fold(func(r *types.Run) types.Value {
			return m.Call(types.Call{Run: r, Site: &types.Site{Result: types.Decimal}}, []types.Value{types.Str(s)})
		})
		if ok {
			return &Const{typed{types.Decimal}, v}
		}
	}
	b.fail("CS0594", at, "decimal")
	return bad()
}
