package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers lists the packages of internal/ from the ground up. A package may import
// those of lower layers, and of its own layer those that stand before it; NAME/...
// stands for a folder and what is below it, whose parts may import each other.
var layers = [][]string{
	{"diag", "resourceid", "azerr"},
	{"store", "store/...", "seal", "audit", "datafolder", "pki/...", "handshake", "config", "counter", "socket", "resourcetypes/..."},
	{"csharp/...", "policy/...", "bicep/...", "template/...", "snapshot", "identity", "identity/rbac", "vault", "library"},
	{"arm/...", "provider/...", "deploy", "snapshotbuild"},
	{"gateway/...", "loginapi", "vaultapi", "libraryapi", "localapi", "edge", "observe"},
	{"pwsh", "pipeline/...", "client", "explain"},
	{"cli/...", "ui"},
	{"app"},
}

// rank is a package's layer and its place in it.
func rank(pkg string) (layer, place int, ok bool) {
	best := -1
	for l, row := range layers {
		for p, pattern := range row {
			base, tree := strings.CutSuffix(pattern, "/...")
			if pkg == base || tree && strings.HasPrefix(pkg, base+"/") {
				if len(base) > best { // identity/rbac before identity
					layer, place, ok, best = l, p, true, len(base)
				}
			}
		}
	}
	return layer, place, ok
}

// TestImportDirection is the rule of ARCHITECTURE.md: imports point downwards.
func TestImportDirection(t *testing.T) {
	for dir, files := range goFiles(t) {
		layer, place, ok := rank(dir)
		if !ok {
			t.Errorf("package %s stands in no layer; list it in this test and in ARCHITECTURE.md", dir)
			continue
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue // tests may reach across, e.g. to testca
			}
			for _, imp := range imports(t, file) {
				l, p, ok := rank(imp)
				if ok && (l > layer || l == layer && p > place) {
					t.Errorf("%s (layer %d) imports %s (layer %d)", file, layer, imp, l)
				}
			}
		}
	}
}

// TestGatewayStandsAlone: the gateway can run as its own process.
func TestGatewayStandsAlone(t *testing.T) {
	allowed := []string{"diag", "resourceid", "azerr", "snapshot", "policy", "policy/...", "csharp", "pki", "handshake", "counter", "socket", "gateway/upstream"}
	for dir, files := range goFiles(t) {
		if dir != "gateway" && !strings.HasPrefix(dir, "gateway/") {
			continue
		}
		for _, file := range files {
			for _, imp := range imports(t, file) {
				if !strings.HasSuffix(file, "_test.go") && !slices.Contains(allowed, imp) {
					t.Errorf("%s imports %s; the gateway knows %v only", file, imp, allowed)
				}
			}
		}
	}
}

// TestPackageComments: every package says what it is.
func TestPackageComments(t *testing.T) {
	for dir, files := range goFiles(t) {
		documented := false
		for _, file := range files {
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || f.Doc != nil
		}
		if !documented {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}

func goFiles(t *testing.T) map[string][]string {
	t.Helper()
	byDir := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "testdata" {
			return fs.SkipDir
		}
		if dir := filepath.ToSlash(filepath.Dir(path)); dir != "." && strings.HasSuffix(path, ".go") {
			byDir[dir] = append(byDir[dir], path)
		}
		return nil
	})
	if err != nil || len(byDir) == 0 {
		t.Fatalf("no packages found: %v", err)
	}
	return byDir
}

// imports are the project's packages that file imports, below internal/.
func imports(t *testing.T, file string) []string {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, s := range f.Imports {
		if p, ok := strings.CutPrefix(strings.Trim(s.Path.Value, `"`), "gatehouse/internal/"); ok {
			list = append(list, p)
		}
	}
	return list
}
