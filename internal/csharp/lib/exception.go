package lib

import "gatehouse/internal/csharp/types"

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
		Get("string Source", get(func(*types.Exception) types.Value { return types.Str("") })).
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
		{"System.Xml.XmlException", "System.SystemException"},
		{"System.Security.Cryptography.CryptographicException", "System.SystemException"},
		{"System.Text.RegularExpressions.RegexMatchTimeoutException", "System.TimeoutException"},
		{"System.Text.DecoderFallbackException", "System.ArgumentException"},
		{"Newtonsoft.Json.JsonException", "System.Exception"},
		{"Newtonsoft.Json.JsonReaderException", "Newtonsoft.Json.JsonException"},
		{"Newtonsoft.Json.JsonSerializationException", "Newtonsoft.Json.JsonException"},
	} {
		constructors(r.Class(row[0]).Extends(row[1]))
	}
	r.Class("System.ArgumentException").
		Get("string ParamName", get(func(e *types.Exception) types.Value { return types.Str(e.Param) }))
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
