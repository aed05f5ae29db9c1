package sema

import (
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// decorators are the built-in decorators, with the declarations they may stand on:
// p param, v var, o output, t type and type members, r resource, m module,
// f func, d metadata, i import and extension.
var decorators = map[string]struct {
	on       string
	min, max int
}{
	"allowed": {"p", 1, 1}, "description": {"pvotrmfdi", 1, 1}, "secure": {"pot", 0, 0}, "metadata": {"pot", 1, 1},
	"minLength": {"pot", 1, 1}, "maxLength": {"pot", 1, 1}, "minValue": {"pot", 1, 1}, "maxValue": {"pot", 1, 1},
	"batchSize": {"rm", 1, 1}, "sealed": {"pot", 0, 0}, "discriminator": {"pot", 1, 1}, "export": {"tvf", 0, 0},
	"onlyIfNotExists": {"r", 0, 0}, "retryOn": {"r", 1, 2}, "waitUntil": {"r", 2, 2}, "validate": {"pot", 1, 2},
}

func (m *Model) checkDecorators(d syntax.Decl) {
	letter, what := declLetter(d)
	for _, dec := range d.Decorated() {
		ns, name, args, ok := dec.Parts()
		if !ok {
			continue
		}
		info, known := decorators[name]
		if !known || ns != "" && ns != "sys" {
			m.errorf("BCP057", dec.Expr.At(), "The name \"%s\" does not exist in the current context.", name)
			continue
		}
		if !strings.Contains(info.on, letter) {
			m.errorf(misplaced[what], dec.Expr.At(), "Function \"%s\" cannot be used as %s decorator.", name, what)
			continue
		}
		if len(args) < info.min || len(args) > info.max {
			m.argumentCount(dec.Expr.At(), len(args), info.min, info.max)
		}
		if name == "waitUntil" || name == "validate" {
			m.errorf(Unsupported, dec.Expr.At(), "The decorator \"%s\" is experimental and not supported by this compiler.", name)
		}
	}
}

// misplaced has the code for a decorator on the wrong kind of declaration.
var misplaced = map[string]string{
	"a parameter": "BCP125", "a variable": "BCP126", "a resource": "BCP127", "a module": "BCP128", "an output": "BCP129",
	"a metadata": "BCP269", "a type": "BCP297", "a function": "BCP152", "an import": "BCP152", "a": "BCP152",
}

func declLetter(d syntax.Decl) (letter, what string) {
	switch d.(type) {
	case *syntax.ParamDecl:
		return "p", "a parameter"
	case *syntax.VarDecl:
		return "v", "a variable"
	case *syntax.OutputDecl:
		return "o", "an output"
	case *syntax.TypeDecl:
		return "t", "a type"
	case *syntax.ResourceDecl:
		return "r", "a resource"
	case *syntax.ModuleDecl:
		return "m", "a module"
	case *syntax.FuncDecl:
		return "f", "a function"
	case *syntax.MetadataDecl:
		return "d", "a metadata"
	case *syntax.ImportDecl, *syntax.ExtensionDecl:
		return "i", "an import"
	}
	return "-", "a"
}
