package types

import "testing"

func TestString(t *testing.T) {
	for _, c := range []struct {
		typ  *Type
		want string
	}{
		{Union(Text("b"), Text("a"), Null), "'a' | 'b' | null"},
		{Union(String, String), "string"},
		{Union(String, Any), "any"},
		{Union(), "never"},
		{ArrayOf(Union(Text("a"), Null)), "('a' | null)[]"},
		{ArrayOf(Any), "array"},
		{Union(ArrayOf(String), Array), "array"},
		{Tuple(Int, True), "[int, true]"},
		{Tuple(), "<empty array>"},
		{Text("it's ${x}\n"), "'it\\'s \\${x}\\n'"},
		{Lambda(Bool, Any), "any => bool"},
		{Lambda(Bool), "() => bool"},
		{&Type{Kind: LambdaKind, Params: []*Type{Any}, Optional: []*Type{Int}, Return: String}, "(any[, int]) => string"},
	} {
		if got := c.typ.String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
	if got := ObjectName([]*Prop{P("a", String), P("b-c", Union(Int, Null))}, nil); got != "{ a: string, 'b-c': (int | null) }" {
		t.Errorf("got %s", got)
	}
}

func TestAssignable(t *testing.T) {
	for _, c := range []struct {
		got, want *Type
		ok        bool
	}{
		{Text("a"), String, true},
		{Text("a"), Text("b"), false},
		{String, Text("a"), false},
		{LooseString, Text("a"), true},
		{Integer(1), Int, true},
		{Null, String, false},
		{Null, Union(String, Null), true},
		{Union(String, Null), String, false},
		{Tuple(Int), Array, true},
		{Object, Array, false},
		{Any, Int, true},
		{Lambda(Any, Int), Lambda(Any, Any), true},
		{Lambda(Any), Lambda(Any, Any), false},
		{&Type{Kind: NamespaceKind}, Any, false},
		{Object, &Type{Kind: ObjectKind, Scope: TenantScope}, false},
	} {
		if got := Assignable(c.got, c.want); got != c.ok {
			t.Errorf("%s to %s: %v", c.got, c.want, got)
		}
	}
}

func TestCollapse(t *testing.T) {
	for _, c := range []struct {
		typ  *Type
		want string
	}{
		{Union(String, Text("a"), Null), "null | string"},
		{Union(True, False), "bool"},
		{Union(Text("a"), Text("b")), "'a' | 'b'"},
		{Union(Tuple(Int), Tuple(String)), "(int | string)[]"},
		{Union(Struct("x", P("a", Int)), Struct("y", P("b", Int))), "{ a: (int | null), b: (int | null) }"},
		{Union(String, Int), "int | string"},
	} {
		if got := Collapse(c.typ).String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// TestFunctions: every overload has a name, a result and complete parameters.
func TestFunctions(t *testing.T) {
	for name, overloads := range Functions() {
		for _, o := range overloads {
			if o.Name != name || o.Returns == nil {
				t.Errorf("%s: %v", name, o)
			}
			for i := range o.Params {
				if o.Want(i) == nil {
					t.Errorf("%s: parameter %d has no type", name, i)
				}
			}
		}
	}
	if got := Functions()["indexOf"][0].Signature(); got != "(stringToSearch: string, stringToFind: string): int" {
		t.Error(got)
	}
	if got := Functions()["concat"][1].Signature(); got != "(... : bool | int | string): string" {
		t.Error(got)
	}
}
