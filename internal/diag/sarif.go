package diag

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"strings"
)

// SARIF renders l as a SARIF 2.1.0 log of the named tool
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanners read it.
func (l List) SARIF(tool, version string) ([]byte, error) {
	results := []map[string]any{}
	for _, d := range l {
		level := map[Severity]string{Error: "error", Warning: "warning", Info: "note"}[d.Severity]
		message := d.Message
		if d.URL != "" {
			message += " [" + d.URL + "]"
		}
		result := map[string]any{"ruleId": d.Code, "level": level, "message": map[string]string{"text": message}}
		if d.File != "" {
			result["locations"] = []any{map[string]any{"physicalLocation": d.physicalLocation()}}
		}
		results = append(results, result)
	}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://schemastore.azurewebsites.net/schemas/json/sarif-2.1.0-rtm.6.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":    map[string]any{"driver": map[string]string{"name": tool, "version": version}},
			"results": results, "columnKind": "utf16CodeUnits",
		}},
	}, "", "  ")
}

// physicalLocation has a region when the place in the file is known: lines and columns begin at 1.
func (d Diagnostic) physicalLocation() map[string]any {
	where := map[string]any{"artifactLocation": map[string]string{"uri": fileURI(d.File)}}
	if d.Range.Start.Line < 1 {
		return where
	}
	region := map[string]int{"startLine": d.Range.Start.Line, "startColumn": d.Range.Start.Column}
	if d.Range.End.Line >= d.Range.Start.Line {
		region["endLine"], region["endColumn"] = d.Range.End.Line, d.Range.End.Column
	}
	where["region"] = region
	return where
}

// fileURI is a file's name as a URI reference, which is relative for a relative name.
func fileURI(path string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if strings.HasPrefix(path, "/") {
		u.Scheme = "file"
	}
	return u.String()
}
