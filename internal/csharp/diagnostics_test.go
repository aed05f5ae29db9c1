package csharp

import (
	"strings"
	"testing"

	"gatehouse/internal/csharp/types"
	"gatehouse/internal/diag"
)

// TestDiagnostics has the code, the place and the message of the C# compiler for each
// mistake that policies make.
func TestDiagnostics(t *testing.T) {
	for _, c := range []struct {
		code string
		want string // (line,column) : Error CODE: start of the message; several are separated by " / "
		typ  *types.Type
	}{
		{code: `contxt.Request`, want: "(1,1) : Error CS0103: The name 'contxt' does not exist in the current context Did you mean 'context'?"},
		{code: `context.Request.Metod`, want: "(1,17) : Error CS1061: 'IRequest' does not contain a definition for 'Metod'"},
		{code: `context.Request.Headers.GetValueOrDefalt("X","")`, want: "(1,25) : Error CS1061: 'IReadOnlyDictionary<string, string[]>' does not contain a definition for 'GetValueOrDefalt'"},
		{code: `string.IsNullOrEmtpy("")`, want: "(1,8) : Error CS0117: 'string' does not contain a definition for 'IsNullOrEmtpy' Did you mean 'IsNullOrEmpty'?"},
		{code: "{ var x = 1\nreturn x; }", want: "(1,12) : Error CS1002: ; expected"},
		{code: `string.IsNullOrEmpty("a"`, want: "(1,25) : Error CS1026: ) expected"},
		{code: `{ if (true) { return 1; }`, want: "(1,24) : Error CS1513: } expected"},
		{code: `1 +`, want: "(1,4) : Error CS1525: Invalid expression term ')'"},
		{code: `"abc`, want: "(1,1) : Error CS1010: Newline in constant"}, {code: `'ab'`, want: "(1,1) : Error CS1012: Too many characters in character literal"}, {code: `"\q"`, want: "(1,2) : Error CS1009: Unrecognized escape sequence"},
		{code: `{ int x = "a"; return x; }`, want: "(1,11) : Error CS0029: Cannot implicitly convert type 'string' to 'int'"},
		{code: `{ int x = 1.5; return x; }`, want: "(1,11) : Error CS0266: Cannot implicitly convert type 'double' to 'int'. An explicit conversion exists (are you missing a cast?)"},
		{code: `{ string s = context.Variables["a"]; return s; }`, want: "(1,14) : Error CS0266: Cannot implicitly convert type 'object' to 'string'."},
		{code: `{ int? a = 5; int b = a; return b; }`, want: "(1,23) : Error CS0266: Cannot implicitly convert type 'int?' to 'int'. An explicit conversion exists (are you missing a cast?)"},
		{code: `{ byte b = 300; return b; }`, want: "(1,12) : Error CS0031: Constant value '300' cannot be converted to a 'byte'"},
		{code: `{ int x = null; return x; }`, want: "(1,11) : Error CS0037: Cannot convert null to 'int'"},
		{code: `{ if (context.Request.Method == "GET") { return true; } }`, want: "(1,57) : Error CS0161: '@{...}': not all code paths return a value"},
		{code: `{ string s; if (context.Request.Method == "GET") { s = "a"; } return s; }`, want: "(1,70) : Error CS0165: Use of unassigned local variable 's'"},
		{code: `{ var x = 1; var x = 2; return x; }`, want: "(1,18) : Error CS0128: A local variable or function named 'x' is already defined in this scope"},
		{code: `{ var x = 1; if (true) { var x = 2; } return x; }`, want: "(1,30) : Error CS0136: A local or parameter named 'x' cannot be declared"},
		{code: `"a".Substring()`, want: "(1,5) : Error CS1501: No overload for method 'Substring' takes 0 arguments"},
		{code: `"a".Substring("b")`, want: "(1,15) : Error CS1503: Argument 1: cannot convert from 'string' to 'int'"},
		{code: `new Foo()`, want: "(1,5) : Error CS0246: The type or namespace name 'Foo' could not be found"},
		{code: `System.Text.Foo.Bar()`, want: "(1,13) : Error CS0234: The type or namespace name 'Foo' does not exist in the namespace 'System.Text'"},
		{code: `1 + true`, want: "(1,1) : Error CS0019: Operator '+' cannot be applied to operands of type 'int' and 'bool'"},
		{code: `context.Request.Method == 1`, want: "(1,1) : Error CS0019: Operator '==' cannot be applied to operands of type 'string' and 'int'"},
		{code: `!1`, want: "(1,1) : Error CS0023: Operator '!' cannot be applied to operand of type 'int'"},
		{code: `1 / 0`, want: "(1,1) : Error CS0020: Division by constant zero"}, {code: `int.MaxValue + 1`, want: "(1,1) : Error CS0220: The operation overflows at compile time in checked mode"},
		{code: `context.Request.Method`, typ: types.Boolean, want: "(1,1) : Error CS0029: Cannot implicitly convert type 'string' to 'bool'"},
		{code: `(DateTime)"x"`, want: "(1,1) : Error CS0030: Cannot convert type 'string' to 'System.DateTime'"},
		{code: `(byte)300`, want: "(1,1) : Error CS0221: Constant value '300' cannot be converted to a 'byte' (use 'unchecked' syntax to override)"},
		{code: `5 as int`, want: "(1,1) : Error CS0077: The as operator must be used with a reference type or nullable type"},
		{code: `true ? 1 : "a"`, want: "(1,1) : Error CS0173: Type of conditional expression cannot be determined because there is no implicit conversion between 'int' and 'string'"},
		{code: `{ var x = null; return x; }`, want: "(1,7) : Error CS0815: Cannot assign <null> to an implicitly-typed variable"}, {code: `{ var x; return 1; }`, want: "(1,7) : Error CS0818: Implicitly-typed variables must be initialized"},
		{code: `{ break; return 1; }`, want: "(1,3) : Error CS0139: No enclosing loop out of which to break or continue"},
		{code: `{ foreach (var x in 5) { } return 1; }`, want: "(1,21) : Error CS1579: foreach statement cannot operate on variables of type 'int'"},
		{code: `{ foreach (var x in "a") { x = 'b'; } return 1; }`, want: "(1,28) : Error CS1656: Cannot assign to 'x' because it is a 'foreach iteration variable'"},
		{code: `{ 5; return 1; }`, want: "(1,3) : Error CS0201: Only assignment, call, increment, decrement"},
		{code: `{ "a".Length = 5; return 1; }`, want: "(1,3) : Error CS0200: Property or indexer 'string.Length' cannot be assigned to -- it is read only"},
		{code: `{ switch (1) { case 1: var y = 2; case 2: break; } return 1; }`, want: "(1,16) : Error CS0163: Control cannot fall through from one case label ('case 1:') to another"},
		{code: `{ switch (1) { case 1: break; case 1: break; } return 1; }`, want: "(1,31) : Error CS0152: The switch statement contains multiple cases with the label value '1'"},
		{code: `{ try { } catch (Exception) { } catch (FormatException) { } return 1; }`, want: "(1,40) : Error CS0160: A previous catch clause already catches all exceptions of this or of a super type ('System.Exception')"},
		{code: `new[] {1,2}.Where(x => x.Foo).Count()`, want: "(1,26) : Error CS1061: 'int' does not contain a definition for 'Foo'"},
		{code: `new[] {1,2}.Select(x => y)`, want: "(1,25) : Error CS0103: The name 'y' does not exist in the current context"},
		{code: `from x in new[] {1} select x`, want: "(1,1) : Error GHC001: Policy expressions can't use query expressions"},
		{code: `new JObject().Select(x => x)`, want: "(1,15) : Error CS1061: 'JObject' does not contain a definition for 'Select' and no accessible extension method 'Select' accepting a first argument of type 'JObject' could be found"},
		{code: `{ var o = new JObject(); return o.Any(); }`, want: "(1,35) : Error CS1061: 'JObject' does not contain a definition for 'Any'"},
		{code: `Enumerable.Count(new JObject())`, want: "(1,12) : Error CS0411: The type arguments for method 'Enumerable.Count<T>(IEnumerable<T>)' cannot be inferred from the usage."},
		{code: `context.Request.Headers("X")`, want: "(1,17) : Error CS1955: Non-invocable member 'Headers' cannot be used like a method."},
		{code: `string.Length`, want: "(1,1) : Error CS0120: An object reference is required for the non-static field, method, or property 'string.Length'"},
		{code: `$"{1 + }"`, want: "(1,8) : Error CS1525: Invalid expression term"}, {code: `$"{}"`, want: "(1,4) : Error CS1733: Expected expression"},
		{code: `new Dictionary<string>()`, want: "(1,5) : Error CS0305: Using the generic type 'Dictionary<"},
		{code: `missing1 + missing2`, want: "(1,1) : Error CS0103: The name 'missing1' does not exist / (1,12) : Error CS0103: The name 'missing2' does not exist"},
		{code: `int.Parse()`, want: "(1,5) : Error CS1501: No overload for method 'Parse' takes 0 arguments"}, {code: `new List<int>(1, 2, 3)`, want: "(1,5) : Error CS1729: 'List<int>' does not contain a constructor that takes 3 arguments"},
	} {
		code, kind := c.code, Expression
		if inner, ok := strings.CutPrefix(code, "{"); ok {
			kind, code = Block, strings.TrimSuffix(inner, "}")
		}
		_, diags := Compile(code, Options{Kind: kind, Want: c.typ, Position: shifted(c.code, kind)})
		var got []string
		for _, d := range diags {
			got = append(got, d.String())
		}
		wants := strings.Split(c.want, " / ")
		ok := len(got) == len(wants)
		for i := range wants {
			ok = ok && strings.HasPrefix(got[i], wants[i])
		}
		if !ok {
			t.Errorf("%s\n got  %s\n want %s", c.code, strings.Join(got, "\n      "), c.want)
		}
	}
}

// shifted maps offsets in the code to places in the text that it stands in.
func shifted(text string, kind Kind) func(int) diag.Position {
	src := diag.NewSource("", text)
	return func(offset int) diag.Position {
		if kind == Block {
			offset++
		}
		return src.Position(offset)
	}
}
