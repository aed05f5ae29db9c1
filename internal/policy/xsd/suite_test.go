package xsd

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testSet is a file of the W3C's XML Schema test suite.
type testSet struct {
	Groups []struct {
		Name    string `xml:"name,attr"`
		Version string `xml:"version,attr"`
		Schema  *struct {
			Name      string     `xml:"name,attr"`
			Version   string     `xml:"version,attr"`
			Documents []link     `xml:"schemaDocument"`
			Expected  []expected `xml:"expected"`
		} `xml:"schemaTest"`
		Instances []struct {
			Name     string     `xml:"name,attr"`
			Version  string     `xml:"version,attr"`
			Document link       `xml:"instanceDocument"`
			Expected []expected `xml:"expected"`
		} `xml:"instanceTest"`
	} `xml:"testGroup"`
}

type link struct {
	Href string `xml:"http://www.w3.org/1999/xlink href,attr"`
}

type expected struct {
	Validity string `xml:"validity,attr"`
	Version  string `xml:"version,attr"`
}

// of10 is what is expected of XML Schema 1.0; "" when it is not said.
func of10(list []expected) string {
	for _, e := range list {
		if e.Version == "" || strings.Contains(e.Version, "1.0") && !strings.Contains(e.Version, "1.0-") {
			return e.Validity
		}
	}
	return ""
}

// counts of the results of a kind of test.
type counts struct{ right, tooStrict, tooLenient int }

func (c *counts) add(valid bool, want string) (wrong bool) {
	switch {
	case valid == (want == "valid"):
		c.right++
		return false
	case valid:
		c.tooLenient++
	default:
		c.tooStrict++
	}
	return true
}

// TestSuite runs the W3C's test suite (https://github.com/w3c/xsdtests) in the folder that GATEHOUSE_XSD_SUITE names and
// reports the counts. What is valid must be found valid, up to the tests of the features that are refused by name.
func TestSuite(t *testing.T) {
	root := os.Getenv("GATEHOUSE_XSD_SUITE")
	if root == "" {
		t.Log("GATEHOUSE_XSD_SUITE names no folder")
		return
	}
	var schemas, instances counts
	for _, pattern := range []string{"*/*.testSet", "msMeta/*.xml"} {
		files, _ := filepath.Glob(filepath.Join(root, pattern))
		for _, file := range files {
			if !strings.Contains(file, "saxonMeta") && !strings.Contains(file, "ibmMeta") && !strings.Contains(file, "oracleMeta") && !strings.Contains(file, "wgMeta") {
				runSet(t, file, &schemas, &instances)
			}
		}
	}
	t.Logf("schemas: %+v", schemas)
	t.Logf("instances: %+v", instances)
}

func runSet(t *testing.T, file string, schemas, instances *counts) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var set testSet
	if err := xml.Unmarshal(data, &set); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	dir := filepath.Dir(file)
	for _, g := range set.Groups {
		if g.Schema == nil || g.Version == "1.1" || g.Schema.Version == "1.1" || len(g.Schema.Documents) == 0 {
			continue
		}
		want := of10(g.Schema.Expected)
		s, err := compileFiles(dir, g.Schema.Documents)
		if want == "valid" || want == "invalid" {
			if schemas.add(err == nil, want) {
				t.Logf("schema %s %s: want %s: %v", g.Schema.Documents[len(g.Schema.Documents)-1].Href, g.Name, want, err)
			}
		}
		if err != nil {
			continue
		}
		for _, x := range g.Instances {
			want := of10(x.Expected)
			text, err := os.ReadFile(filepath.Join(dir, x.Document.Href))
			if err != nil || x.Version == "1.1" || want != "valid" && want != "invalid" {
				continue
			}
			problem := s.Validate(string(text))
			if instances.add(problem == "", want) {
				t.Logf("instance %s: want %s: %s", x.Document.Href, want, problem)
			}
		}
	}
}

// compileFiles makes one schema of the documents of a test: a document that includes and imports them.
func compileFiles(dir string, documents []link) (*Schema, error) {
	if len(documents) == 1 {
		return compileFile(filepath.Join(dir, documents[0].Href))
	}
	all := `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">`
	for _, d := range documents {
		text, err := os.ReadFile(filepath.Join(dir, d.Href))
		if err != nil {
			return nil, err
		}
		root, err := readNodes(string(text))
		if err != nil {
			return nil, err
		}
		if space, has := root.get("targetNamespace"); has {
			all += `<xs:import namespace="` + space + `" schemaLocation="` + d.Href + `"/>`
		} else {
			all += `<xs:include schemaLocation="` + d.Href + `"/>`
		}
	}
	return Compile(all+`</xs:schema>`, func(location, _ string) (string, bool) {
		found, err := os.ReadFile(filepath.Join(dir, location))
		if err != nil { // named by one of the documents
			found, err = os.ReadFile(filepath.Join(dir, filepath.Dir(documents[0].Href), location))
		}
		return string(found), err == nil
	})
}

func compileFile(file string) (*Schema, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Compile(string(data), func(location, _ string) (string, bool) {
		if location == "" {
			return "", false
		}
		found, err := os.ReadFile(filepath.Join(filepath.Dir(file), location))
		return string(found), err == nil
	})
}
