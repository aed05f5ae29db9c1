package arith

import (
	"errors"
	"math"
	"testing"

	"gatehouse/internal/csharp/types"
)

func try(f func(r *types.Run) types.Value) (v types.Value, err error) {
	defer func() {
		if e, ok := recover().(*types.Exception); ok {
			err = e
		}
	}()
	return f(&types.Run{Types: types.NewRegistry()}), nil
}

func TestBinary(t *testing.T) {
	for _, c := range []struct {
		op      string
		t       *types.Type
		a, b    int64
		want    int64
		checked bool // the checked form overflows
	}{
		{"+", types.Int32, math.MaxInt32, 1, math.MinInt32, true}, {"+", types.Int32, 1, 2, 3, false}, {"-", types.Int32, math.MinInt32, 1, math.MaxInt32, true},
		{"*", types.Int32, 1 << 16, 1 << 16, 0, true}, {"+", types.Int64, math.MaxInt64, 1, math.MinInt64, true}, {"*", types.Int64, math.MinInt64, -1, math.MinInt64, true}, {"*", types.Int64, -3, 4, -12, false},
		{"-", types.UInt32, 0, 1, math.MaxUint32, true}, {"+", types.UInt64, -1, 1, 0, true}, {"-", types.UInt64, 5, 3, 2, false}, {"-", types.Int64, 5, 0, 5, false}, {"+", types.Int64, math.MinInt64, 0, math.MinInt64, false},
		{"/", types.Int32, -7, 2, -3, false}, {"%", types.Int32, -7, 2, -1, false}, {"<<", types.Int32, 1, 33, 2, false}, {">>", types.Int32, -8, 1, -4, false}, {">>", types.UInt32, 0xFFFFFFF8, 1, 0x7FFFFFFC, false}, {"<<", types.Int32, 1, 31, math.MinInt32, false},
	} {
		a, b := types.Of(c.t, uint64(c.a)), types.Of(c.t, uint64(c.b))
		if v, err := try(func(r *types.Run) types.Value { return Binary(c.op, c.t, false)(r, a, b) }); err != nil || v.Long() != c.want {
			t.Errorf("%s %d %s %d = %d, %v; want %d", c.t, c.a, c.op, c.b, v.Long(), err, c.want)
		}
		if _, err := try(func(r *types.Run) types.Value { return Binary(c.op, c.t, true)(r, a, b) }); (err != nil) != c.checked {
			t.Errorf("checked %s %d %s %d: %v", c.t, c.a, c.op, c.b, err)
		}
	}
	for _, b := range []int32{0, -1} {
		_, err := try(func(r *types.Run) types.Value {
			return Binary("/", types.Int32, false)(r, types.Int(math.MinInt32), types.Int(b))
		})
		if e := new(types.Exception); !errors.As(err, &e) {
			t.Errorf("int.MinValue / %d raises nothing", b)
		}
	}
}

func TestConvert(t *testing.T) {
	for _, c := range []struct {
		from, to *types.Type
		v        types.Value
		want     int64
	}{
		{types.Int32, types.Byte, types.Int(300), 44}, {types.Int32, types.SByte, types.Int(200), -56}, {types.DoubleT, types.Int32, types.Double(-3.99), -3}, {types.DoubleT, types.Int32, types.Double(1e20), math.MinInt32},
		{types.DoubleT, types.Int64, types.Double(math.NaN()), math.MinInt64}, {types.Int64, types.UInt32, types.Long(-1), math.MaxUint32}, {types.CharT, types.Int32, types.Char('a'), 97},
	} {
		if v, err := try(func(r *types.Run) types.Value { return Convert(c.from, c.to, false)(r, c.v) }); err != nil || v.Long() != c.want || v.ValueType() != c.to {
			t.Errorf("%s to %s = %d, %v; want %d", c.from, c.to, v.Long(), err, c.want)
		}
	}
}
