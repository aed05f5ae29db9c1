package csharp

import (
	"fmt"
	"strings"
)

// generator writes a well-formed program from a list of choices: what the parser must
// accept and the binder must decide on. Names are those of its variables, so that much
// of it has a meaning.
type generator struct {
	choices []byte
	depth   int
	vars    []string
	made    int
	loops   int
}

func (g *generator) pick(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := int(g.choices[0])
	g.choices = g.choices[1:]
	return c % n
}

func (g *generator) of(list ...string) string { return list[g.pick(len(list))] }

// program is the code of a block.
func (g *generator) program() string {
	var b strings.Builder
	for i := 0; i < 8 && len(g.choices) > 0; i++ {
		b.WriteString(g.statement() + "\n")
	}
	return b.String() + "return " + g.expression() + ";"
}

func (g *generator) fresh() string {
	g.made++
	return fmt.Sprintf("v%d", g.made)
}

func (g *generator) typ() string {
	return g.of("int", "string", "var", "object", "long", "double", "decimal", "bool", "int?", "byte", "char", "uint", "ulong", "JObject", "JToken", "List<int>", "string[]",
		"Dictionary<string, object>", "IEnumerable<int>", "Func<int, int>", "(int a, string b)", "DateTime", "TimeSpan", "float", "DayOfWeek", "IResponse", "Guid?")
}

func (g *generator) block() string {
	known := len(g.vars)
	s := "{ " + g.statement() + " " + g.statement() + " }"
	g.vars = g.vars[:known]
	return s
}

func (g *generator) loopBlock() string {
	g.loops++
	defer func() { g.loops-- }()
	return g.block()
}

func (g *generator) statement() string {
	if g.depth++; g.depth > 6 {
		g.depth--
		return ";"
	}
	defer func() { g.depth-- }()
	switch g.pick(16) {
	case 0, 1, 2:
		v := g.fresh()
		s := g.typ() + " " + v + " = " + g.expression() + ";"
		g.vars = append(g.vars, v)
		return s
	case 3:
		return g.name() + " " + g.of("=", "+=", "-=", "*=", "|=", "<<=") + " " + g.expression() + ";"
	case 4:
		return "if (" + g.expression() + ") " + g.block() + g.of("", " else "+g.block())
	case 5:
		v := g.fresh()
		return "for (int " + v + " = 0; " + v + " < 3; " + v + "++) " + g.loopBlock()
	case 6:
		v := g.fresh()
		s := "foreach (" + g.typ() + " " + v + " in " + g.expression() + ") "
		g.vars = append(g.vars, v)
		return s + g.loopBlock()
	case 7:
		return "while (" + g.expression() + ") " + g.loopBlock()
	case 8:
		return "switch (" + g.expression() + ") { case " + g.constant() + ": " + g.of("break;", "return 1;") + " case " + g.of("int", "string", "var", "object", "JObject", "List<int>", "string[]", "DayOfWeek") + " " + g.fresh() + ": return 2; default: break; }"
	case 9:
		return "try " + g.block() + " catch (" + g.of("Exception", "FormatException e", "ArgumentException") + ") " + g.of("", "when (true) ") + g.block() + g.of("", " finally { }")
	case 10:
		return "return " + g.expression() + ";"
	case 11:
		return g.of(g.name()+"++;", "--"+g.name()+";", "("+g.primary()+").ToString();", "throw new Exception("+g.expression()+");")
	case 12:
		if g.loops > 0 {
			return g.of("break;", "continue;")
		}
		return ";"
	case 13:
		f, p := g.fresh(), g.fresh()
		s := g.of("int", "string", "T", "List<T>", "void") + " " + f + g.of("", "<T>") + "(" + g.of("", "out ", "ref ", "params ") + g.of("int", "T", "int[]", "T[]") + " " + p + ") { return " + g.expression() + "; }"
		g.vars = append(g.vars, f)
		return s
	case 14:
		a, b := g.fresh(), g.fresh()
		s := "var (" + a + ", " + b + ") = " + g.expression() + ";"
		g.vars = append(g.vars, a, b)
		return s
	}
	return "using (" + g.of("var "+g.fresh()+" = new StringReader(\"a\")", g.expression()) + ") " + g.block()
}

func (g *generator) name() string {
	if len(g.vars) == 0 {
		return g.of("context", "x")
	}
	return g.vars[g.pick(len(g.vars))]
}

func (g *generator) constant() string {
	return g.of("1", "0", `"a"`, "'c'", "true", "null", "1.5", "2.5m", "7L", "3u", "0x7FFFFFFF", "1.5f", "int.MaxValue", "DayOfWeek.Friday", `""`, "-1", "default")
}

func (g *generator) primary() string {
	switch g.pick(6) {
	case 0:
		return "(" + g.expression() + ")"
	case 1:
		return g.name()
	}
	return g.of(g.constant(), "new JObject(new JProperty(\"a\", 1))", "context.Request.Headers", "new[] { 1, 2, 3 }", "\"abc\"", "context.Variables", "new List<int> { 3, 1 }",
		"new Dictionary<string, object> { [\"a\"] = 1 }", "context.Response", "DateTime.UtcNow", "(1, \"x\")", "new { A = 1, B = \"b\" }", "context.Request.Url", "Math.PI", "string.Empty")
}

func (g *generator) expression() string {
	if g.depth++; g.depth > 6 {
		g.depth--
		return g.constant()
	}
	defer func() { g.depth-- }()
	switch g.pick(17) {
	case 0, 1:
		return g.constant()
	case 2:
		return g.primary()
	case 3, 4:
		return g.primary() + " " + g.of("+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "&", "|", "^", "<<", ">>", "??") + " " + g.primary()
	case 5:
		return "(" + g.expression() + ") ? " + g.primary() + " : " + g.primary()
	case 6:
		return "(" + g.of("int", "object", "string", "byte", "double", "int?", "JObject", "decimal", "DayOfWeek") + ")(" + g.expression() + ")"
	case 7:
		return g.primary() + " is " + g.of("int", "string", "null", "int "+g.fresh(), "var "+g.fresh(), "1", "JObject")
	case 8:
		return g.primary() + " as " + g.of("string", "object", "JToken", "int?", "List<int>")
	case 9:
		p := g.fresh()
		g.vars = append(g.vars, p)
		body := g.expression()
		g.vars = g.vars[:len(g.vars)-1]
		return g.primary() + g.of(".Select", ".Where", ".Any", ".OrderBy", ".ToDictionary", ".Sum", ".FirstOrDefault", ".GroupBy", ".SelectMany", ".Aggregate") + "(" + p + " => " + body + ")"
	case 10:
		return g.primary() + g.of(".", "?.") + g.of("ToString()", "Length", "Count", "First()", "Equals(1)", "Value", "GetType()", "Item1", "A", "Key", "CompareTo(1)", "GetValueOrDefault(\"a\", \"b\")", "ContainsKey(\"a\")", "Year", "GetHashCode()", "Substring(1)", "Split('a')", "Add(1)")
	case 11:
		return g.primary() + g.of("[", "?[") + g.expression() + "]"
	case 12:
		return g.of("-", "!", "~", "+") + "(" + g.expression() + ")"
	case 13:
		return "$\"{(" + g.expression() + ")" + g.of("", ",5", ":x", ",-3:N2") + "}z\""
	case 14:
		return g.name() + "(" + g.of("", "out var "+g.fresh(), "ref "+g.name(), g.expression(), g.expression()+", "+g.expression()) + ")"
	case 15:
		return g.of("checked", "unchecked") + "(" + g.expression() + ")"
	}
	return g.of("Math.Max(", "string.Join(", "string.Concat(", "Convert.ToInt32(", "new JArray(", "JToken.FromObject(", "int.Parse(", "Tuple.Create(", "string.Format(", "Enumerable.Repeat(") + g.expression() + g.of("", ", "+g.expression()) + ")"
}
