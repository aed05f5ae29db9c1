package policy

import (
	"fmt"

	"gatehouse/internal/diag"
)

// code is one kind of finding. Its documented example is run by a test.
type code struct {
	id     string
	format string
	hint   string
}

// The codes of this package.
var (
	codeRoot       = code{"GHP001", "The document must have one root element <policies>; found %s.", ""}
	codeMarkup     = code{"GHP002", "The markup is malformed: %s.", ""}
	codeUnclosed   = code{"GHP003", "The element <%s> is not closed.", "Add </%[1]s>."}
	codeMismatch   = code{"GHP004", "</%s> closes <%s>, which was opened on line %d.", ""}
	codeEntity     = code{"GHP005", "%s", "Write &amp; for an ampersand, or put the document as rawxml."}
	codeExpression = code{"GHP006", "The expression can't be read: %s.", ""}
	codeDuplicate  = code{"GHP007", "The attribute '%s' is given twice.", ""}
	codeLimit      = code{"GHP008", "The document is too %s.", ""}
	codeSection    = code{"GHP010", "<%s> is not a section of a policy document.", "The sections are inbound, backend, outbound and on-error."}
	codeTwice      = code{"GHP011", "<%s> may stand only once in %s.", ""}
	codeUnknown    = code{"GHP020", "'%s' is not a policy of API Management.", ""}
	codeLater      = code{"GHP021", "The policy '%s' is not supported yet.", ""}
	codePlacement  = code{"GHP022", "The policy '%s' is not allowed in section '%s'.", ""}
	codeAttribute  = code{"GHP023", "The attribute '%s' of '%s' is not supported.", ""}
	codeRequired   = code{"GHP024", "'%s' needs %s.", ""}
	codeValue      = code{"GHP025", "The value of %s must be %s.", ""}
	codeNoCode     = code{"GHP026", "Expressions are not supported yet in %s.", "Conditions made of literals, such as @(true), are."}
	codeCondition  = code{"GHP027", "The condition is not made of literals; other expressions are not supported yet.", ""}
	codeChild      = code{"GHP028", "<%s> is not allowed inside <%s>.", ""}
	codeText       = code{"GHP029", "Text is not allowed inside <%s>.", ""}
	codeOrder      = code{"GHP030", "%s", ""}
	codeNamedValue = code{"GHP031", "There is no named value '%s'.", "Create the named value first, or correct its name."}
)

func (c code) at(src *diag.Source, start, end int, args ...any) diag.Diagnostic {
	d := diag.Diagnostic{Code: c.id, Message: fmt.Sprintf(c.format, args...), File: src.Name, Range: src.Range(start, end)}
	if c.hint != "" {
		d.Hint = c.hint
		if c == codeUnclosed {
			d.Hint = fmt.Sprintf(c.hint, args...)
		}
	}
	return d
}

// laterPolicies are the policies of API Management that Gatehouse knows by name only.
var laterPolicies = map[string]bool{
	"authentication-basic": true, "authentication-certificate": true, "authentication-managed-identity": true,
	"azure-openai-emit-token-metric": true, "azure-openai-semantic-cache-lookup": true, "azure-openai-semantic-cache-store": true,
	"azure-openai-token-limit": true, "cache-lookup": true, "cache-lookup-value": true, "cache-remove-value": true, "cache-store": true,
	"cache-store-value": true, "check-header": true, "cors": true, "cosmosdb-data-source": true, "cross-domain": true, "emit-metric": true,
	"find-and-replace": true, "get-authorization-context": true, "http-data-source": true, "include-fragment": true,
	"invoke-dapr-binding": true, "ip-filter": true, "json-to-xml": true, "jsonp": true, "limit-concurrency": true,
	"llm-content-safety": true, "llm-emit-token-metric": true, "llm-semantic-cache-lookup": true, "llm-semantic-cache-store": true,
	"llm-token-limit": true, "log-to-eventhub": true, "mock-response": true, "proxy": true, "publish-event": true, "publish-to-dapr": true,
	"quota": true, "quota-by-key": true, "rate-limit": true, "rate-limit-by-key": true, "redirect-content-urls": true, "retry": true,
	"send-one-way-request": true, "send-request": true, "send-service-bus-message": true, "set-backend-service-dapr": true,
	"set-graphql-resolver": true, "set-method": true, "set-variable": true, "sql-data-source": true, "trace": true,
	"validate-azure-ad-token": true, "validate-client-certificate": true, "validate-content": true, "validate-graphql-request": true,
	"validate-headers": true, "validate-jwt": true, "validate-odata-request": true, "validate-parameters": true,
	"validate-status-code": true, "wait": true, "xml-to-json": true, "xsl-transform": true,
}
