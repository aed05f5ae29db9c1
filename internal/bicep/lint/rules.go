package lint

// level is what a rule's findings are when nothing is configured.
type level uint8

const (
	warning level = iota
	off
	info
	failing // what a deployment would refuse
)

// rule is one rule; text is the message, with verbs for what the check reports.
type rule struct {
	code  string
	level level
	text  string
	check func(*pass)
}

// rules are those of the official linter.
var rules = []rule{
	{"adminusername-should-not-be-literal", warning, "Property 'adminUserName' should not use a literal value. Use a param instead. Found literal string value \"%s\"", adminUserName},
	{"artifacts-parameters", warning, "%s", artifacts},
	{"decompiler-cleanup", warning, "%s Consider renaming it and removing the suffix (using the editor's rename functionality).", decompilerNames},
	{"explicit-values-for-loc-params", off, "Parameter '%s' of module '%s' isn't assigned an explicit value, and its default value may not give the intended behavior for a location-related parameter. You should assign an explicit value to the parameter.", explicitLocations},
	{"max-asserts", failing, "Too many predeployment conditions. Number of 'assert' statements is limited to %d.", maxAsserts},
	{"max-outputs", failing, "Too many outputs. Number of outputs is limited to %d.", maxOutputs},
	{"max-params", failing, "Too many parameters. Number of parameters is limited to %d.", maxParams},
	{"max-resources", failing, "Too many resources. Number of resources is limited to %d.", maxResources},
	{"max-variables", failing, "Too many variables. Number of variables is limited to %d.", maxVariables},
	{"nested-deployment-template-scoping", failing, "The symbol \"%s\" is declared in the context of the outer deployment and cannot be accessed by expressions within a nested deployment template that uses inner scoping for expression evaluation.", nestedScoping},
	{"no-conflicting-metadata", warning, "The \"%s\" metadata property conflicts with the \"%s\" decorator and will be overwritten.", conflictingMetadata},
	{"no-deployments-resources", warning, "Resource '%s' of type '%s' should instead be declared as a Bicep module.", deploymentResources},
	{"no-explicit-any", warning, "Avoid using an explicit 'any' type whenever possible.", explicitAny},
	{"no-hardcoded-env-urls", warning, "Environment URLs should not be hardcoded. Use the environment() function to ensure compatibility across clouds. Found this disallowed host: \"%s\"", environmentURLs},
	{"no-hardcoded-location", off, "%s", hardcodedLocations},
	{"no-hardcoded-outputs", off, "Output '%s' uses a hard-coded value. Use an exported variable for constants that need to be imported by other files.", hardcodedOutputs},
	{"no-loc-expr-outside-params", off, "Use a parameter here instead of '%s'. 'resourceGroup().location' and 'deployment().location' should only be used as a default value for parameters.", locationExpressions},
	{"no-module-name", off, "Avoid specifying an explicit module name. This simplifies code, and avoids the risk of accidental module name re-use within a deployment.", moduleNames},
	{"no-unnecessary-dependson", warning, "Remove unnecessary dependsOn entry '%s'.", unnecessaryDependsOn},
	{"no-unused-existing-resources", warning, "Existing resource \"%s\" is declared but never used.", unusedExisting},
	{"no-unused-imports", warning, "Import \"%s\" is declared but never used.", unusedImports},
	{"no-unused-params", warning, "Parameter \"%s\" is declared but never used.", unusedParams},
	{"no-unused-types", warning, "Type \"%s\" is declared but never used.", unusedTypes},
	{"no-unused-vars", warning, "Variable \"%s\" is declared but never used.", unusedVars},
	{"outputs-should-not-contain-secrets", warning, "Outputs should not contain secrets. Found possible secret: %s", outputSecrets},
	{"prefer-interpolation", warning, "Use string interpolation instead of the concat function.", preferInterpolation},
	{"prefer-unquoted-property-names", warning, "Property names that are valid identifiers should be declared without quotation marks and accessed using dot notation.", unquotedNames},
	{"protect-commandtoexecute-secrets", warning, "Use protectedSettings for commandToExecute secrets. Found possible secret: %s", commandSecrets},
	{"secure-parameter-default", warning, "Secure parameters should not have hardcoded defaults (except for empty or newGuid()).", secureDefaults},
	{"secure-params-in-nested-deploy", warning, "%s Either set the deployment's properties.expressionEvaluationOptions.scope to 'inner' or use a Bicep module instead.", nestedSecrets},
	{"secure-params-in-parameters-file", warning, "Insecure parameter '%s' is assigned a value that references secure parameter(s) %s, which could expose their values in deployment history.", assignedSecrets},
	{"secure-secrets-in-params", warning, "Parameter '%s' may represent a secret (according to its name) and must be declared with the '@secure()' attribute.", secretNames},
	{"simplify-interpolation", warning, "Remove unnecessary string interpolation.", simplifyInterpolation},
	{"simplify-json-null", warning, "Simplify json('null') to null", jsonNull},
	{"stacks-extensibility-compat", info, "%s", stacksCompatibility},
	{"use-description-outputs", off, "Output \"%s\" must have a non-empty description.", describedOutputs},
	{"use-description-params", off, "Parameter \"%s\" must have a non-empty description.", describedParams},
	{"use-description-type-properties", off, "Type property \"%s\" must have a non-empty description.", describedTypeProperties},
	{"use-description-types", off, "Type \"%s\" must have a non-empty description.", describedTypes},
	{"use-description-vars", off, "Variable \"%s\" must have a non-empty description.", describedVars},
	{"use-parent-property", warning, "Resource \"%s\" has its name formatted as a child of resource \"%s\". The syntax can be simplified by using the parent property.", parentProperty},
	{"use-recent-api-versions", off, "%s", recentVersions},
	{"use-recent-az-powershell-version", warning, "Deployment script is using AzPowerShell version '%s' which is below the recommended minimum version '%s'. Consider upgrading to version 11.0 or higher to avoid EOL Ubuntu 20.04 LTS.", powerShellVersion},
	{"use-recent-module-versions", off, "Available module versions have not yet been downloaded. If running from the command line, be sure --no-restore is not specified.", moduleVersions},
	{"use-recognized-resource-type", warning, "Resource type \"%s\" is not recognized in function \"%s\". If this resource type does exist, the API version must be specified as a function argument.", recognizedTypes},
	{"use-resource-id-functions", off, "%s", resourceIDFunctions},
	{"use-resource-symbol-reference", warning, "Use a resource reference instead of invoking function \"%s\". This simplifies the syntax and allows Bicep to better understand your deployment dependency graph.", symbolReference},
	{"use-safe-access", warning, "%s", safeAccess},
	{"use-secure-value-for-secure-inputs", warning, "Property '%s' expects a secure value, but the value provided may not be secure.", secureInputs},
	{"use-stable-resource-identifiers", warning, "Resource identifiers should be reproducible outside of their initial deployment context. Resource %s's '%s' identifier is potentially nondeterministic due to its use of the '%s' function (%s).", stableIdentifiers},
	{"use-stable-vm-image", warning, "Virtual machines shouldn't use preview images. Use stable version in imageReference property \"%s\".", stableImages},
	{"use-user-defined-types", off, "Use user-defined types instead of 'object' or 'array'.", userDefinedTypes},
	{"what-if-short-circuiting", off, "Parameter '%s' is used as a resource identifier, API version, or condition in the module '%s'. Providing a runtime value for this parameter will lead to short-circuiting or less precise predictions in What-If.", shortCircuiting},
}
