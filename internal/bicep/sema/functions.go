package sema

import "strings"

// Function is a built-in function: how many arguments it takes and where it may
// stand. Max < 0 is any number.
type Function struct {
	Min, Max int
	Flags    FunctionFlags
	Returns  string // the name of the type, "" when it depends on the arguments
}

// FunctionFlags say what is special about a function.
type FunctionFlags uint8

// The flags.
const (
	RequiresInlining FunctionFlags = 1 << iota // its result can't be a template variable
	ParamDefault                               // only in a parameter's default value
	CompileTime                                // evaluated by the compiler
	ParamsFile                                 // only in .bicepparam files
	DeployCommands                             // only with the experimental feature deployCommands
	AzOnly                                     // of namespace az
)

// functions are the built-in functions (facts: namespaces sys and az).
var functions = map[string]Function{
	"any": {1, 1, 0, "any"}, "array": {1, 1, 0, "array"}, "base64": {1, 1, 0, "string"}, "base64ToJson": {1, 1, 0, "any"}, "base64ToString": {1, 1, 0, "string"},
	"bool": {1, 1, 0, "bool"}, "buildUri": {1, 1, 0, "string"}, "cidrHost": {2, 2, 0, "string"}, "cidrSubnet": {3, 3, 0, "string"},
	"concat": {1, -1, 0, ""}, "contains": {2, 2, 0, "bool"}, "dataUri": {1, 1, 0, "string"}, "dataUriToString": {1, 1, 0, "string"},
	"dateTimeAdd": {2, 3, 0, "string"}, "dateTimeFromEpoch": {1, 1, 0, "string"}, "dateTimeToEpoch": {1, 1, 0, "int"}, "distinct": {1, 1, 0, "array"}, "empty": {1, 1, 0, "bool"},
	"endsWith": {2, 2, 0, "bool"}, "fail": {1, 1, 0, "any"}, "filter": {2, 2, 0, "array"}, "first": {1, 1, 0, ""}, "flatten": {1, 1, 0, "array"}, "format": {1, -1, 0, "string"},
	"groupBy": {2, 3, 0, "object"}, "guid": {1, -1, 0, "string"}, "indexOf": {2, 2, 0, "int"}, "int": {1, 1, 0, "int"}, "intersection": {2, -1, 0, ""}, "items": {1, 1, 0, "array"},
	"join": {2, 2, 0, "string"}, "json": {1, 1, 0, "any"}, "last": {1, 1, 0, ""}, "lastIndexOf": {2, 2, 0, "int"}, "like": {2, 2, 0, "bool"}, "length": {1, 1, 0, "int"},
	"loadDirectoryFileInfo": {1, 2, CompileTime, "array"}, "loadFileAsBase64": {1, 1, CompileTime, "string"}, "loadJsonContent": {1, 3, CompileTime, "any"},
	"loadTextContent": {1, 2, CompileTime, "string"}, "loadYamlContent": {1, 3, CompileTime, "any"},
	"map": {2, 2, 0, "array"}, "mapValues": {2, 2, 0, "object"}, "max": {1, -1, 0, "int"}, "min": {1, -1, 0, "int"}, "nameof": {1, 1, CompileTime, "string"},
	"newGuid": {0, 0, ParamDefault, "string"}, "objectKeys": {1, 1, 0, "array"}, "padLeft": {2, 3, 0, "string"}, "parseCidr": {1, 1, 0, "object"}, "parseUri": {1, 1, 0, "object"},
	"range": {2, 2, 0, "array"}, "reduce": {3, 3, 0, "any"}, "replace": {3, 3, 0, "string"}, "shallowMerge": {1, 1, 0, "object"}, "skip": {2, 2, 0, ""}, "sort": {2, 2, 0, "array"},
	"split": {2, 2, 0, "array"}, "startsWith": {2, 2, 0, "bool"}, "string": {1, 1, 0, "string"}, "substring": {2, 3, 0, "string"}, "take": {2, 2, 0, ""},
	"toLower": {1, 1, 0, "string"}, "toObject": {2, 3, 0, "object"}, "toUpper": {1, 1, 0, "string"}, "trim": {1, 1, 0, "string"}, "union": {2, -1, 0, ""},
	"uniqueString": {1, -1, 0, "string"}, "uri": {2, 2, 0, "string"}, "uriComponent": {1, 1, 0, "string"}, "uriComponentToString": {1, 1, 0, "string"},
	"utcNow": {0, 1, ParamDefault, "string"}, "readEnvironmentVariable": {1, 2, ParamsFile | CompileTime, "string"}, "externalInput": {1, 2, ParamsFile, "any"},
	"readCliArg": {1, 1, ParamsFile | DeployCommands, "string"}, "readEnvVar": {1, 1, ParamsFile | DeployCommands, "string"},
	"deployer": {0, 0, AzOnly, "object"}, "deployment": {0, 0, AzOnly, "object"}, "environment": {0, 0, AzOnly, "object"},
	"extensionResourceId": {3, -1, AzOnly, "string"}, "getSecret": {1, 5, AzOnly, "string"}, "managementGroup": {0, 1, AzOnly, "object"}, "managementGroupResourceId": {2, -1, AzOnly, "string"},
	"pickZones": {3, 5, AzOnly, "array"}, "providers": {1, 2, AzOnly, "object"}, "reference": {1, 3, AzOnly | RequiresInlining, "object"}, "references": {1, 3, AzOnly | RequiresInlining, "array"},
	"resourceGroup": {0, 2, AzOnly, "object"}, "resourceId": {2, -1, AzOnly, "string"}, "roleDefinitions": {1, 1, AzOnly, "object"}, "subscription": {0, 1, AzOnly, "object"},
	"subscriptionResourceId": {2, -1, AzOnly, "string"}, "tenant": {0, 0, AzOnly, "object"}, "tenantResourceId": {2, -1, AzOnly, "string"},
	"toLogicalZone": {3, 3, AzOnly, "string"}, "toLogicalZones": {3, 3, AzOnly, "array"}, "toPhysicalZone": {3, 3, AzOnly, "string"}, "toPhysicalZones": {3, 3, AzOnly, "array"},
	"resourceInfo": {1, 1, AzOnly, "object"}, "this.exists": {0, 0, AzOnly, "bool"},
}

// FunctionByName finds a built-in function; any name that begins with "list" is one.
func FunctionByName(name string) (Function, bool) {
	if f, ok := functions[name]; ok {
		return f, true
	}
	if strings.HasPrefix(name, "list") {
		return Function{Min: 1, Max: 3, Flags: AzOnly | RequiresInlining, Returns: "any"}, true
	}
	return Function{}, false
}
