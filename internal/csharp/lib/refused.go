package lib

import (
	_ "embed"
	"strings"

	"gatehouse/internal/csharp/types"
)

// refusedNames are what .NET has and API Management refuses: "namespace: type ..." and "type: member ...".
//
//go:embed refused.txt
var refusedNames string

// refusals tells the registry which names code may use short, and which it may not use. The namespaces
// are those that API Management's gateway imports.
func refusals(r *types.Registry) {
	r.Imports([]string{"System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Security.Cryptography",
		"System.Security.Cryptography.X509Certificates", "System.Text", "System.Text.RegularExpressions", "System.Threading", "System.Threading.Tasks",
		"System.Xml", "System.Xml.Linq", "Newtonsoft.Json", "Newtonsoft.Json.Linq", "Microsoft.Azure.ApiManagement"}, []string{"System.Globalization"})
	for line := range strings.Lines(refusedNames) {
		if owner, names, ok := strings.Cut(line, ": "); ok && owner[0] != '#' {
			r.Refuse(owner, strings.Fields(names))
		}
	}
}
