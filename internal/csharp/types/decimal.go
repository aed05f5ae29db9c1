package types

import (
	"math"
	"math/big"
	"strconv"
	"strings"
)

// DecimalNumber is a System.Decimal: coefficient / 10^scale, with a coefficient of at most
// 96 bits and a scale of at most 28. It never changes.
type DecimalNumber struct {
	coefficient *big.Int // with the sign
	scale       int
}

var (
	decimalMax  = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 96), big.NewInt(1))
	decimalZero = &DecimalNumber{coefficient: new(big.Int)}
)

// MaxDecimal is Decimal.MaxValue.
func MaxDecimal() *DecimalNumber { return &DecimalNumber{coefficient: decimalMax} }

// DotNetType implements Object.
func (d *DecimalNumber) DotNetType() *Type { return Decimal }

// ToText implements TextOf.
func (d *DecimalNumber) ToText(*Run) string { return d.String() }

// EqualTo implements Equatable: 1.0 equals 1.00.
func (d *DecimalNumber) EqualTo(v Value) bool {
	e, ok := v.ref.(*DecimalNumber)
	return ok && d.Cmp(e) == 0
}

// Key implements Equatable.
func (d *DecimalNumber) Key() string {
	s := d.String()
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Dec makes a decimal.
func Dec(d *DecimalNumber) Value { return Ref(d) }

// Decimal is the value of a decimal; zero for all else.
func (v Value) Decimal() *DecimalNumber {
	if d, ok := v.ref.(*DecimalNumber); ok {
		return d
	}
	return decimalZero
}

// DecimalOf makes the decimal of a whole number.
func DecimalOf(n int64) *DecimalNumber { return &DecimalNumber{coefficient: big.NewInt(n)} }

// DecimalOfBig makes the decimal of a whole number of any size; false when it is too large.
func DecimalOfBig(n *big.Int) (*DecimalNumber, bool) { return fitDecimal(new(big.Int).Set(n), 0) }

// DecimalOfFloat makes the decimal of a double (15 digits) or a float (7 digits), as .NET does.
func DecimalOfFloat(f float64, digits int) (*DecimalNumber, bool) {
	if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) >= 7.9228162514264338e28 {
		return decimalZero, false
	}
	d, ok := ParseDecimal(strconv.FormatFloat(f, 'e', digits-1, 64))
	if !ok {
		return decimalZero, false
	}
	for d.scale > 0 { // no zeros at the end
		q, r := new(big.Int).QuoRem(d.coefficient, big.NewInt(10), new(big.Int))
		if r.Sign() != 0 {
			break
		}
		d = &DecimalNumber{q, d.scale - 1}
	}
	return d, true
}

// ParseDecimal reads digits with an optional sign, point and exponent; false when the
// text is no number or too large.
func ParseDecimal(s string) (*DecimalNumber, bool) {
	mantissa, exp := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > 1000 || n < -1000 {
			return decimalZero, false
		}
		mantissa, exp = s[:i], n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole, "+-") + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(whole)-len(strings.TrimLeft(whole, "+-")) > 1 {
		return decimalZero, false
	}
	if len(digits) > 1000 {
		digits = digits[:1000]
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return decimalZero, false
	}
	if strings.HasPrefix(whole, "-") {
		n.Neg(n)
	}
	scale := len(fraction) - exp
	if scale < 0 {
		n.Mul(n, pow10(-scale))
		scale = 0
	}
	return fitDecimal(n, scale)
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// fitDecimal rounds half to even until the number fits; false when it is too large.
func fitDecimal(n *big.Int, scale int) (*DecimalNumber, bool) {
	drop := max(0, scale-28)
	if digits := len(new(big.Int).Abs(n).String()); digits-drop > 30 {
		drop = min(scale, digits-30)
	}
	for {
		m := n
		if drop > 0 {
			m = roundQuo(n, pow10(drop))
		}
		if m.CmpAbs(decimalMax) <= 0 {
			return &DecimalNumber{m, scale - drop}, true
		}
		if drop >= scale {
			return decimalZero, false
		}
		drop++
	}
}

// roundQuo is n/d, rounded half to even.
func roundQuo(n, d *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(n, d, new(big.Int))
	c := new(big.Int).Abs(r)
	c.Lsh(c, 1)
	if k := c.CmpAbs(d); k > 0 || k == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(n.Sign()*d.Sign())))
	}
	return q
}

// align brings two decimals to one scale.
func align(a, b *DecimalNumber) (x, y *big.Int, scale int) {
	x, y, scale = a.coefficient, b.coefficient, max(a.scale, b.scale)
	if a.scale < scale {
		x = new(big.Int).Mul(x, pow10(scale-a.scale))
	}
	if b.scale < scale {
		y = new(big.Int).Mul(y, pow10(scale-b.scale))
	}
	return x, y, scale
}

// Add is d + e; false on overflow, as of all of these.
func (d *DecimalNumber) Add(e *DecimalNumber) (*DecimalNumber, bool) {
	x, y, scale := align(d, e)
	return fitDecimal(new(big.Int).Add(x, y), scale)
}

// Sub is d - e.
func (d *DecimalNumber) Sub(e *DecimalNumber) (*DecimalNumber, bool) { return d.Add(e.Neg()) }

// Mul is d * e.
func (d *DecimalNumber) Mul(e *DecimalNumber) (*DecimalNumber, bool) {
	return fitDecimal(new(big.Int).Mul(d.coefficient, e.coefficient), d.scale+e.scale)
}

// Quo is d / e; e is not zero.
func (d *DecimalNumber) Quo(e *DecimalNumber) (*DecimalNumber, bool) {
	n := new(big.Int).Mul(d.coefficient, pow10(57+e.scale))
	q := new(big.Int)
	rem := new(big.Int)
	q.QuoRem(n, new(big.Int).Mul(e.coefficient, pow10(d.scale)), rem)
	if rem.Sign() != 0 { // beyond 57 places: enough for a tie to be none
		q.Mul(q, big.NewInt(10)).Add(q, big.NewInt(int64(d.coefficient.Sign()*e.coefficient.Sign())))
		return trimmedQuo(q, 58, d.scale-e.scale)
	}
	return trimmedQuo(q, 57, d.scale-e.scale)
}

// trimmedQuo fits a quotient and drops the zeros at its end down to the scale that .NET prefers.
func trimmedQuo(q *big.Int, scale, preferred int) (*DecimalNumber, bool) {
	f, ok := fitDecimal(q, scale)
	for ok && f.scale > max(0, preferred) {
		n, r := new(big.Int).QuoRem(f.coefficient, big.NewInt(10), new(big.Int))
		if r.Sign() != 0 {
			break
		}
		f = &DecimalNumber{n, f.scale - 1}
	}
	return f, ok
}

// Rem is d % e; e is not zero.
func (d *DecimalNumber) Rem(e *DecimalNumber) (*DecimalNumber, bool) {
	x, y, scale := align(d, e)
	return fitDecimal(new(big.Int).Rem(x, y), scale)
}

// Neg is -d.
func (d *DecimalNumber) Neg() *DecimalNumber {
	return &DecimalNumber{new(big.Int).Neg(d.coefficient), d.scale}
}

// Sign is -1, 0 or 1.
func (d *DecimalNumber) Sign() int { return d.coefficient.Sign() }

// Scale is the number of digits after the point.
func (d *DecimalNumber) Scale() int { return d.scale }

// Cmp compares.
func (d *DecimalNumber) Cmp(e *DecimalNumber) int {
	x, y, _ := align(d, e)
	return x.Cmp(y)
}

// Truncate drops what is after the point.
func (d *DecimalNumber) Truncate() *DecimalNumber { return &DecimalNumber{d.Big(), 0} }

// Floor and Ceiling round to whole numbers.
func (d *DecimalNumber) Floor() *DecimalNumber {
	q, m := new(big.Int).DivMod(d.coefficient, pow10(d.scale), new(big.Int))
	_ = m // DivMod rounds down for a positive divisor
	return &DecimalNumber{q, 0}
}

// Ceiling is the least whole number that is not less.
func (d *DecimalNumber) Ceiling() *DecimalNumber { return d.Neg().Floor().Neg() }

// Round rounds to places digits after the point: ties to even, or away from zero.
func (d *DecimalNumber) Round(places int, awayFromZero bool) *DecimalNumber {
	if d.scale <= places {
		return d
	}
	unit := pow10(d.scale - places)
	if !awayFromZero {
		return &DecimalNumber{roundQuo(d.coefficient, unit), places}
	}
	half := new(big.Int).Quo(unit, big.NewInt(2))
	if d.Sign() < 0 {
		half.Neg(half)
	}
	return &DecimalNumber{half.Quo(half.Add(half, d.coefficient), unit), places}
}

// Big is the whole part.
func (d *DecimalNumber) Big() *big.Int { return new(big.Int).Quo(d.coefficient, pow10(d.scale)) }

// Float is the nearest double.
func (d *DecimalNumber) Float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64) // String writes a number
	return f
}

// String writes all digits, with the zeros that the scale keeps: 1.50.
func (d *DecimalNumber) String() string {
	s := new(big.Int).Abs(d.coefficient).String()
	if len(s) <= d.scale {
		s = strings.Repeat("0", d.scale+1-len(s)) + s
	}
	if d.scale > 0 {
		s = s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
	}
	if d.Sign() < 0 {
		s = "-" + s
	}
	return s
}

// Parts are the coefficient, with the sign, and the scale.
func (d *DecimalNumber) Parts() (*big.Int, int) { return new(big.Int).Set(d.coefficient), d.scale }

// DecimalOfParts makes the decimal of a coefficient of at most 96 bits and a scale of at most 28.
func DecimalOfParts(coefficient *big.Int, scale int) *DecimalNumber {
	return &DecimalNumber{coefficient, scale}
}
