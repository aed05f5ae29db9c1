package lib

import (
	"math/big"

	"gatehouse/internal/csharp/types"
)

// decimalBits adds how a Decimal is made of four integers and taken to them again, and OLE's currency,
// which counts ten thousandths.
func decimalBits(r *types.Registry) {
	b := r.Add(types.Decimal)
	b.New("(int lo, int mid, int hi, bool isNegative, byte scale)", func(c call, a []val) val {
		if a[4].Int() > 28 {
			c.OutOfRange("scale", "Decimal's scale value must be between 0 and 28, inclusive.")
		}
		return decimalOfBits(uint32(a[0].Bits()), uint32(a[1].Bits()), uint32(a[2].Bits()), a[4].Int(), a[3].Bool())
	})
	b.New("(int[] bits)", func(c call, a []val) val {
		x := arrayOf(c, a[0], "bits")
		if x.Len() == 4 {
			flags := uint32(x.At(3).Bits())
			if scale := int(flags >> 16 & 0x7FFF); flags&0xFFFF == 0 && scale <= 28 {
				return decimalOfBits(uint32(x.At(0).Bits()), uint32(x.At(1).Bits()), uint32(x.At(2).Bits()), scale, flags>>31 == 1)
			}
		}
		c.ThrowArgument("System.ArgumentException", "Decimal byte array constructor requires an array of length four containing valid decimal bytes.", "")
		return types.Null
	})
	b.Func("int[] GetBits(decimal d)", func(c call, a []val) val {
		n, scale := a[0].Decimal().Parts()
		flags := int32(scale << 16)
		if n.Sign() < 0 {
			flags |= -1 << 31
		}
		n.Abs(n)
		items := make([]val, 4)
		for i := range 3 {
			items[i] = types.Int(int32(uint32(new(big.Int).Rsh(n, uint(32*i)).Uint64())))
		}
		items[3] = types.Int(flags)
		return types.Ref(c.Types.NewArray(types.Int32, items))
	})
	currency := types.DecimalOf(10_000)
	b.Func("decimal FromOACurrency(long cy)", func(c call, a []val) val {
		return decimalArithmetic(c, "/", types.DecimalOf(a[0].Long()), currency)
	})
	b.Func("long ToOACurrency(decimal value)", func(c call, a []val) val {
		n := decimalArithmetic(c, "*", a[0].Decimal(), currency).Decimal().Round(0, false).Big()
		if !n.IsInt64() {
			c.ThrowOverflow("a Currency")
		}
		return types.Long(n.Int64())
	})
}

func decimalOfBits(lo, mid, hi uint32, scale int, negative bool) val {
	n := new(big.Int).SetUint64(uint64(hi))
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(uint64(mid)<<32|uint64(lo)))
	if negative {
		n.Neg(n)
	}
	return types.Dec(types.DecimalOfParts(n, scale))
}
