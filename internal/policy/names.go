package policy

import "strings"

// Description says where a policy may stand.
type Description struct {
	Name   string
	Scopes []Scope
}

// names are all rows of the table (table.go).
const names = `authentication-basic authentication-certificate authentication-managed-identity base cache-lookup cache-lookup-value
cache-remove-value cache-store cache-store-value check-header choose cors cross-domain emit-metric find-and-replace
forward-request get-authorization-context include-fragment ip-filter json-to-xml jsonp limit-concurrency log-to-eventhub
mock-response proxy quota quota-by-key rate-limit rate-limit-by-key redirect-content-urls retry return-response rewrite-uri
send-one-way-request send-request set-backend-service set-body set-header set-method set-query-parameter set-status set-variable
trace validate-azure-ad-token validate-client-certificate validate-content validate-headers validate-jwt validate-parameters
validate-status-code wait xml-to-json`

// Descriptions are all policies that documents may have, in order of their names.
func Descriptions() []Description {
	var out []Description
	for _, name := range strings.Fields(names) {
		d, ok := definitionOf(name)
		if !ok {
			continue // the test of this list finds it
		}
		one := Description{Name: name}
		for s := GlobalScope; s <= OperationScope; s++ {
			if d.scopes.has(s) {
				one.Scopes = append(one.Scopes, s)
			}
		}
		out = append(out, one)
	}
	return out
}
