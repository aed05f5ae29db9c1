package policy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"

	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/types"
)

// Values of variables and of the cache. A cached value is text, marked with its type, so that it
// can leave the process.

// byteArray is the content of a byte[].
func byteArray(v types.Value) ([]byte, bool) {
	a, ok := v.Ref().(*types.Array)
	if !ok || a.Bytes == nil {
		return nil, false
	}
	return a.Bytes, true
}

// encodeValue writes a value for the cache.
func encodeValue(v types.Value) (string, error) {
	if s, ok := v.Text(); ok {
		return "s" + s, nil
	}
	if data, ok := byteArray(v); ok {
		return "x" + base64.StdEncoding.EncodeToString(data), nil
	}
	if v.IsNull() {
		return "n", nil
	}
	switch v.ValueType() {
	case types.Boolean:
		return "b" + strconv.FormatBool(v.Bool()), nil
	case types.Int32:
		return "i" + strconv.FormatInt(v.Long(), 10), nil
	case types.Int64:
		return "l" + strconv.FormatInt(v.Long(), 10), nil
	case types.DoubleT:
		return "d" + strconv.FormatUint(math.Float64bits(v.Double()), 16), nil
	}
	return encodeObject(v)
}

// decodeValue reads what encodeValue wrote.
func decodeValue(text string) (v types.Value, ok bool) {
	if text == "" {
		return types.Null, false
	}
	body := text[1:]
	switch text[0] {
	case 's':
		return types.Str(body), true
	case 'n':
		return types.Null, true
	case 'b':
		return types.Bool(body == "true"), true
	case 'i':
		n, err := strconv.ParseInt(body, 10, 32)
		return types.Int(int32(n)), err == nil
	case 'l':
		n, err := strconv.ParseInt(body, 10, 64)
		return types.Long(n), err == nil
	case 'd':
		n, err := strconv.ParseUint(body, 16, 64)
		return types.Double(math.Float64frombits(n)), err == nil
	}
	return decodeObject(text)
}

// errNotKept is for values that mean something in one exchange only.
var errNotKept = errors.New("its type can't be kept in the cache; keep text, numbers, byte[] or JSON")

func encodeObject(v types.Value) (string, error) {
	if t, ok := v.Ref().(lib.Token); ok {
		return "j" + lib.JSONText(libraryRun(), t, false), nil
	}
	return "", &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of 'cache-store-value' can't be cached: " + errNotKept.Error() + ".", Cause: fmt.Errorf("%w: %T", errNotKept, v.Ref())}
}

// libraryRun is what functions of the library run in outside of an expression.
func libraryRun() *types.Run {
	r := &types.Run{}
	r.Reset(lib.Types(), nil, types.Limits{})
	return r
}

func decodeObject(text string) (v types.Value, ok bool) {
	switch text[0] {
	case 'x':
		data, err := base64.StdEncoding.DecodeString(text[1:])
		return types.Ref(lib.Types().Bytes(data)), err == nil
	case 'j':
		defer func() {
			p := recover()
			if _, thrown := p.(*types.Exception); thrown { // not what encodeObject wrote
				v, ok = types.Null, false
			} else if p != nil {
				panic(p)
			}
		}()
		return types.Ref(lib.ReadJSON(libraryRun(), text[1:], "JToken")), true
	}
	return types.Null, false
}

// valueText is a value's text; objects that mean nothing as text are named by their type.
func valueText(v types.Value) string {
	switch t := v.ValueType(); {
	case v.IsNull():
		return "null"
	case v.IsStr():
		return v.Str()
	case t == types.Boolean:
		return strconv.FormatBool(v.Bool())
	case t != nil && t.IsIntegral():
		return strconv.FormatInt(v.Long(), 10)
	}
	if r, ok := responseOf(v); ok {
		return "response " + strconv.Itoa(r.Status)
	}
	if o, ok := v.Ref().(types.Object); ok {
		return o.DotNetType().Name
	}
	return fmt.Sprintf("%T", v.Ref())
}
