package policy

// definition says where a policy may stand, which attributes it has and how it is compiled.
type definition struct {
	sections   sections
	scopes     scopes
	attributes string // beside id, separated by spaces
	compile    func(c *compiler, e *element) builder
	once       bool // in a document; others that onceInBlock names, in a block
}

// onceInBlock are the policies that their references allow once in a policy section. Branches of
// choose may each have one.
const onceInBlock = "cache-lookup cache-store cors jsonp redirect-content-urls validate-content validate-headers validate-parameters validate-status-code"

// scopes is a set of them.
type scopes uint8

const (
	allScopes    scopes = 1<<(OperationScope+1) - 1
	belowService        = allScopes &^ (1 << GlobalScope) &^ (1 << WorkspaceScope)
	onlyProduct  scopes = 1 << ProductScope
	onlyGlobal   scopes = 1 << GlobalScope
)

func (set scopes) has(s Scope) bool { return set&(1<<s) != 0 }

// Sets of sections, as the reference of each policy gives them.
var (
	inboundOnly  = in(inbound)
	outboundOnly = in(outbound)
	answers      = in(outbound, onError)
	requests     = in(inbound, backend)
)

// definitionOf is the table of the policies, by name: sections and attributes are those of
// https://learn.microsoft.com/azure/api-management/api-management-policies.
func definitionOf(name string) (d definition, ok bool) {
	d.scopes = allScopes
	row := func(s sections, attributes string, compile func(c *compiler, e *element) builder) (definition, bool) {
		d.sections, d.attributes, d.compile = s, attributes, compile
		return d, true
	}
	switch name {
	// Control flow.
	case "base":
		return row(everywhere, "", (*compiler).base)
	case "choose":
		return row(everywhere, "", (*compiler).choose)
	case "include-fragment":
		return row(everywhere, "fragment-id", (*compiler).includeFragment)
	case "limit-concurrency":
		return row(everywhere, "key max-count", (*compiler).limitConcurrency)
	case "retry":
		return row(everywhere, "condition count interval max-interval delta first-fast-retry", (*compiler).retry)
	case "return-response":
		return row(everywhere, "response-variable-name", (*compiler).returnResponse)
	case "set-variable":
		return row(everywhere, "name value", (*compiler).setVariable)
	case "wait":
		return row(in(inbound, backend, outbound), "for", (*compiler).wait)
	case "mock-response":
		return row(in(inbound, outbound, onError), "status-code content-type index", (*compiler).mockResponse)

	// Messages.
	case "find-and-replace":
		return row(everywhere, "from to", (*compiler).findAndReplace)
	case "json-to-xml":
		return row(in(inbound, outbound, onError), "apply consider-accept-header parse-date namespace-separator namespace-prefix attribute-block-name", (*compiler).jsonToXML)
	case "redirect-content-urls":
		return row(in(inbound, outbound), "", (*compiler).redirectContentURLs)
	case "rewrite-uri":
		return row(inboundOnly, "template copy-unmatched-params", (*compiler).rewriteURI)
	case "set-body":
		return row(everywhere, "template xsi-nil parse-date", (*compiler).setBody)
	case "set-header":
		return row(everywhere, "name exists-action", (*compiler).setHeader)
	case "set-method":
		return row(in(inbound, onError), "", (*compiler).setMethod)
	case "set-query-parameter":
		return row(requests, "name exists-action", (*compiler).setQueryParameter)
	case "set-status":
		return row(everywhere, "code reason", (*compiler).setStatus)
	case "xml-to-json":
		return row(in(inbound, outbound, onError), "kind apply consider-accept-header always-array-child-elements", (*compiler).xmlToJSON)

	// Backends and other services.
	case "authentication-basic":
		return row(inboundOnly, "username password", (*compiler).authenticationBasic)
	case "authentication-certificate":
		return row(inboundOnly, "thumbprint certificate-id body password", (*compiler).authenticationCertificate)
	case "authentication-managed-identity":
		// The reference has inbound only; documents that Microsoft deploys use it in outbound, too.
		return row(in(inbound, outbound), "resource client-id output-token-variable-name ignore-error", (*compiler).authenticationManagedIdentity)
	case "forward-request":
		return row(in(backend), "timeout timeout-ms continue-timeout follow-redirects buffer-request-body buffer-response fail-on-error-status-code http-version", (*compiler).forwardRequest)
	case "get-authorization-context":
		return row(inboundOnly, "provider-id authorization-id context-variable-name identity-type identity ignore-error", (*compiler).getAuthorizationContext)
	case "proxy":
		return row(inboundOnly, "url username password", (*compiler).proxy)
	case "send-one-way-request":
		return row(everywhere, "mode timeout", (*compiler).sendOneWayRequest)
	case "send-request":
		return row(everywhere, "mode response-variable-name timeout ignore-error", (*compiler).sendRequest)
	case "set-backend-service":
		return row(requests, "backend-id base-url sf-resolve-condition sf-service-instance-name sf-partition-key sf-listener-name sf-replica-type dapr-app-id dapr-method dapr-namespace", (*compiler).setBackendService)

	// Access.
	case "check-header":
		return row(inboundOnly, "name failed-check-httpcode failed-check-error-message ignore-case", (*compiler).checkHeader)
	case "ip-filter":
		return row(inboundOnly, "action", (*compiler).ipFilter)
	case "quota":
		d.scopes, d.once = onlyProduct, true
		return row(inboundOnly, "calls bandwidth renewal-period", (*compiler).quota)
	case "quota-by-key":
		return row(inboundOnly, "calls bandwidth renewal-period counter-key increment-condition increment-count first-period-start", (*compiler).quotaByKey)
	case "rate-limit":
		d.scopes, d.once = belowService, true
		return row(inboundOnly, "calls renewal-period "+rateNames, (*compiler).rateLimit)
	case "rate-limit-by-key":
		return row(inboundOnly, "calls renewal-period counter-key increment-condition increment-count increment-after-response "+rateNames, (*compiler).rateLimitByKey)
	case "validate-azure-ad-token":
		return row(inboundOnly, "tenant-id header-name query-parameter-name token-value authentication-endpoint failed-validation-httpcode failed-validation-error-message output-token-variable-name", (*compiler).validateAzureADToken)
	case "validate-client-certificate":
		return row(inboundOnly, "validate-revocation validate-trust validate-not-before validate-not-after ignore-error", (*compiler).validateClientCertificate)
	case "validate-jwt":
		return row(inboundOnly, "header-name query-parameter-name token-value failed-validation-httpcode failed-validation-error-message require-expiration-time require-scheme require-signed-tokens clock-skew output-token-variable-name", (*compiler).validateJWT)

	// Content.
	case "validate-content":
		return row(in(inbound, outbound, onError), "unspecified-content-type-action max-size size-exceeded-action errors-variable-name", (*compiler).validateContent)
	case "validate-headers":
		return row(answers, "specified-header-action unspecified-header-action errors-variable-name", (*compiler).validateHeaders)
	case "validate-parameters":
		return row(inboundOnly, "specified-parameter-action unspecified-parameter-action errors-variable-name", (*compiler).validateParameters)
	case "validate-status-code":
		return row(answers, "unspecified-status-code-action errors-variable-name", (*compiler).validateStatusCode)

	// Cross-domain.
	case "cors":
		return row(inboundOnly, "allow-credentials terminate-unmatched-request", (*compiler).cors)
	case "cross-domain":
		d.scopes = onlyGlobal
		return row(inboundOnly, "", (*compiler).crossDomain)
	case "jsonp":
		return row(outboundOnly, "callback-parameter-name", (*compiler).jsonp)

	// Cache.
	case "cache-lookup":
		return row(inboundOnly, "vary-by-developer vary-by-developer-groups allow-private-response-caching downstream-caching-type must-revalidate caching-type", (*compiler).cacheLookup)
	case "cache-lookup-value":
		return row(everywhere, "key default-value variable-name caching-type", (*compiler).cacheLookupValue)
	case "cache-remove-value":
		return row(everywhere, "key caching-type", (*compiler).cacheRemoveValue)
	case "cache-store":
		return row(outboundOnly, "duration cache-response", (*compiler).cacheStore)
	case "cache-store-value":
		return row(everywhere, "key value duration caching-type", (*compiler).cacheStoreValue)

	// Logs.
	case "emit-metric":
		return row(everywhere, "name namespace value", (*compiler).emitMetric)
	case "log-to-eventhub":
		return row(everywhere, "logger-id partition-id partition-key", (*compiler).logToEventHub)
	case "trace":
		return row(everywhere, "source severity", (*compiler).trace)
	}
	return definition{}, false
}

// refusedPolicies are policies of API Management that Gatehouse refuses, each with the reason.
var refusedPolicies = map[string]string{
	"azure-openai-emit-token-metric":     noModels,
	"azure-openai-semantic-cache-lookup": noModels,
	"azure-openai-semantic-cache-store":  noModels,
	"azure-openai-token-limit":           noModels,
	"llm-content-safety":                 noModels,
	"llm-emit-token-metric":              noModels,
	"llm-semantic-cache-lookup":          noModels,
	"llm-semantic-cache-store":           noModels,
	"llm-token-limit":                    noModels,
	"cosmosdb-data-source":               noGraphQL,
	"http-data-source":                   noGraphQL,
	"publish-event":                      noGraphQL,
	"set-graphql-resolver":               noGraphQL,
	"sql-data-source":                    noGraphQL,
	"validate-graphql-request":           noGraphQL,
	"invoke-dapr-binding":                noDapr,
	"publish-to-dapr":                    noDapr,
	"set-backend-service-dapr":           noDapr,
	"send-service-bus-message":           "there is no Service Bus",
	"validate-odata-request":             "there are no OData APIs",
	"xsl-transform":                      "there is no XSLT processor; set-body with a liquid template or an expression makes XML too",
}

const (
	noModels  = "there are no language models"
	noGraphQL = "there are no GraphQL APIs"
	noDapr    = "it is a policy of the self-hosted gateway with Dapr"
)
