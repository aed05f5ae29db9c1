package lib

import (
	"maps"
	"strings"

	"gatehouse/internal/csharp/types"
)

// exceptions adds System.Exception and the types that the library raises.
func exceptions(r *types.Registry) {
	get := func(f func(e *types.Exception) types.Value) types.Func {
		return func(_ types.Call, a []types.Value) types.Value { return f(a[0].Ref().(*types.Exception)) }
	}
	inner := func(e *types.Exception) types.Value {
		if e.Inner == nil {
			return types.Null
		}
		return types.Ref(e.Inner)
	}
	r.Add(types.ExceptionT).
		Get("string Message", get(func(e *types.Exception) types.Value { return types.Str(e.Message) })).
		Get("Exception InnerException", get(inner)).
		Get("string StackTrace", get(func(*types.Exception) types.Value { return types.Str("") })).
		GetSet("string Source", exceptionField("Source"), setExceptionField("Source")).
		GetSet("string HelpLink", exceptionField("HelpLink"), setExceptionField("HelpLink")).
		Get("int HResult", get(func(*types.Exception) types.Value { return types.Int(-2146233088) })).
		Method("Exception GetBaseException()", get(func(e *types.Exception) types.Value {
			for e.Inner != nil {
				e = e.Inner
			}
			return types.Ref(e)
		}))
	constructors(r.Add(types.ExceptionT))
	for _, row := range [][2]string{
		{"System.SystemException", "System.Exception"},
		{"System.ApplicationException", "System.Exception"},
		{"System.ArgumentException", "System.SystemException"},
		{"System.ArgumentNullException", "System.ArgumentException"},
		{"System.ArgumentOutOfRangeException", "System.ArgumentException"},
		{"System.ArrayTypeMismatchException", "System.SystemException"},
		{"System.ArithmeticException", "System.SystemException"},
		{"System.DivideByZeroException", "System.ArithmeticException"},
		{"System.OverflowException", "System.ArithmeticException"},
		{"System.FormatException", "System.SystemException"},
		{"System.IndexOutOfRangeException", "System.SystemException"},
		{"System.InvalidCastException", "System.SystemException"},
		{"System.InvalidOperationException", "System.SystemException"},
		{"System.ObjectDisposedException", "System.InvalidOperationException"},
		{"System.NotSupportedException", "System.SystemException"},
		{"System.NotImplementedException", "System.SystemException"},
		{"System.NullReferenceException", "System.SystemException"},
		{"System.TimeoutException", "System.SystemException"},
		{"System.TimeZoneNotFoundException", "System.Exception"},
		{"System.UriFormatException", "System.FormatException"},
		{"System.Collections.Generic.KeyNotFoundException", "System.SystemException"},
		{"System.IO.IOException", "System.SystemException"},
		{"System.IO.FileNotFoundException", "System.IO.IOException"},
		{"System.Net.Sockets.SocketException", "System.Exception"},
		{"System.Xml.XmlException", "System.SystemException"},
		{"System.Security.Cryptography.CryptographicException", "System.SystemException"},
		{"System.Text.RegularExpressions.RegexMatchTimeoutException", "System.TimeoutException"},
		{"System.Text.DecoderFallbackException", "System.ArgumentException"},
		{"Newtonsoft.Json.JsonException", "System.Exception"},
		{"Newtonsoft.Json.JsonReaderException", "Newtonsoft.Json.JsonException"},
		{"Newtonsoft.Json.JsonSerializationException", "Newtonsoft.Json.JsonException"},
	} {
		b := r.Class(row[0]).Extends(row[1])
		if !strings.HasPrefix(row[0], "System.Argument") && row[0] != "System.ObjectDisposedException" {
			constructors(b)
		}
	}
	argumentExceptions(r)
	r.Class("System.ArgumentException").
		Get("string ParamName", get(func(e *types.Exception) types.Value { return types.Str(e.Param) }))
}

// exceptionField reads a property that code may set; it is null before.
func exceptionField(name string) types.Func {
	return func(_ types.Call, a []types.Value) types.Value { return a[0].Ref().(*types.Exception).Fields[name] }
}

func setExceptionField(name string) types.Func {
	return func(_ types.Call, a []types.Value) types.Value {
		e := a[0].Ref().(*types.Exception)
		fields := maps.Clone(e.Fields)
		if fields == nil {
			fields = map[string]types.Value{}
		}
		fields[name] = a[1]
		e.Fields = fields
		return types.Null
	}
}

// argumentExceptions adds the constructors of the exceptions that name a parameter or an object, which
// .NET Framework writes on a second line of the message.
func argumentExceptions(r *types.Registry) {
	make := func(message, param, actual int) types.Func {
		return func(c types.Call, a []types.Value) types.Value {
			at := func(i int) types.Value {
				if i < 0 || i >= len(a) {
					return types.Null
				}
				return a[i]
			}
			e := c.NewArgument(c.Site.Result.Full, at(message).Str(), at(param).Str())
			if !at(actual).IsNull() {
				e.Message += "\r\nActual value was " + c.Text(at(actual)) + "."
			}
			if len(a) > 0 {
				e.Inner, _ = a[len(a)-1].Ref().(*types.Exception)
			}
			return types.Ref(e)
		}
	}
	b := r.Class("System.ArgumentException")
	b.New("()", make(-1, -1, -1)).New("(string message)", make(0, -1, -1)).New("(string message, Exception innerException)", make(0, -1, -1))
	b.New("(string message, string paramName)", make(0, 1, -1)).New("(string message, string paramName, Exception innerException)", make(0, 1, -1))
	for _, name := range []string{"System.ArgumentNullException", "System.ArgumentOutOfRangeException"} {
		b := r.Class(name)
		b.New("()", make(-1, -1, -1)).New("(string paramName)", make(-1, 0, -1)).New("(string message, Exception innerException)", make(0, -1, -1))
		b.New("(string paramName, string message)", make(1, 0, -1))
	}
	r.Class("System.ArgumentOutOfRangeException").New("(string paramName, object actualValue, string message)", make(2, 0, 1))
	disposed := func(c types.Call, a []types.Value) types.Value {
		message := "Cannot access a disposed object."
		if len(a) > 1 {
			message = a[1].Str()
		}
		if name := a[0].Str(); name != "" {
			message += "\r\nObject name: '" + name + "'."
		}
		return types.Ref(&types.Exception{Type: c.Site.Result, Message: message})
	}
	r.Class("System.ObjectDisposedException").New("(string objectName)", disposed).New("(string objectName, string message)", disposed)
}

// constructors adds the three that nearly all exceptions have.
func constructors(b *types.Builder) {
	b.New("()", func(c types.Call, _ []types.Value) types.Value {
		t := c.Site.Result
		return types.Ref(&types.Exception{Type: t, Message: "Exception of type '" + t.Full + "' was thrown."})
	})
	b.New("(string message)", func(c types.Call, a []types.Value) types.Value {
		return types.Ref(&types.Exception{Type: c.Site.Result, Message: a[0].Str()})
	})
	b.New("(string message, Exception innerException)", func(c types.Call, a []types.Value) types.Value {
		inner, _ := a[1].Ref().(*types.Exception)
		return types.Ref(&types.Exception{Type: c.Site.Result, Message: a[0].Str(), Inner: inner})
	})
}
