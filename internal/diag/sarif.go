package diag

import (
	"encoding/json"
	"strings"
)

// SARIF renders l as a SARIF 2.1.0 log of the named tool
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanners read it.
func (l List) SARIF(tool, version string) ([]byte, error) {
	type region struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndLine     int `json:"endLine,omitempty"`
		EndColumn   int `json:"endColumn,omitempty"`
		CharOffset  int `json:"charOffset"`
	}
	results := []map[string]any{}
	for _, d := range l {
		level := map[Severity]string{Error: "error", Warning: "warning", Info: "note"}[d.Severity]
		message := d.Message
		if d.URL != "" {
			message += " [" + d.URL + "]"
		}
		r := region{d.Range.Start.Line, d.Range.Start.Column, d.Range.End.Line, d.Range.End.Column, d.Range.Start.Offset}
		results = append(results, map[string]any{
			"ruleId": d.Code, "level": level, "message": map[string]string{"text": message},
			"locations": []any{map[string]any{"physicalLocation": map[string]any{
				"artifactLocation": map[string]string{"uri": fileURI(d.File)}, "region": r,
			}}},
		})
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

func fileURI(path string) string {
	if strings.HasPrefix(path, "/") {
		return "file://" + path
	}
	return path
}
