package types

import "sync"

// Param is a parameter of a function.
type Param struct {
	Name     string
	Type     *Type
	Optional bool
	Constant bool // wants a compile-time constant
}

// Overload is one way to call a function.
type Overload struct {
	Name    string
	Params  []Param
	Rest    *Param // any number of further arguments
	RestMin int
	Returns *Type
}

// Bounds are how many arguments the overload takes; most < 0 is any number.
func (o *Overload) Bounds() (least, most int) {
	for _, p := range o.Params {
		if !p.Optional {
			least++
		}
	}
	if o.Rest != nil {
		return least + o.RestMin, -1
	}
	return least, len(o.Params)
}

// Want is the type that argument i is to have.
func (o *Overload) Want(i int) *Type {
	if i < len(o.Params) {
		return o.Params[i].Type
	}
	return o.Rest.Type
}

// Signature writes the overload as messages have it.
func (o *Overload) Signature() string {
	s := "("
	for i, p := range o.Params {
		if i > 0 {
			s += ", "
		}
		if p.Optional {
			s += "[" + p.Name + ": " + p.Type.String() + "]"
			continue
		}
		s += p.Name + ": " + p.Type.String()
	}
	if o.Rest != nil {
		if len(o.Params) > 0 {
			s += ", "
		}
		s += "... : " + o.Rest.Type.String()
	}
	return s + "): " + o.Returns.String()
}

func fn(returns *Type, params ...Param) Overload { return Overload{Returns: returns, Params: params} }

func rest(returns *Type, name string, t *Type, least int, params ...Param) Overload {
	return Overload{Returns: returns, Params: params, Rest: &Param{Name: name, Type: t}, RestMin: least}
}

func arg(name string, t *Type) Param { return Param{Name: name, Type: t} }

func opt(name string, t *Type) Param { return Param{Name: name, Type: t, Optional: true} }

var (
	scalar      = Union(String, Int, Bool)
	stringArray = ArrayOf(String)
	ints        = ArrayOf(Int)
	arrays      = ArrayOf(Array)
)

func lambdaOf(result *Type, optional []*Type, params ...*Type) *Type {
	return &Type{Kind: LambdaKind, Params: params, Optional: optional, Return: result}
}

func cidrType() *Type {
	return Struct("parseCidr", P("network", String), P("netmask", String), P("broadcast", String), P("firstUsable", String), P("lastUsable", String), P("cidr", Int))
}

func uriType() *Type {
	return Struct("uri", &Prop{Name: "scheme", Type: String, Flags: Required}, &Prop{Name: "host", Type: String, Flags: Required}, P("port", Union(Int, Null)), P("path", Union(String, Null)), P("query", Union(String, Null)))
}

func itemsType() *Type {
	return ArrayOf(Struct("object", &Prop{Name: "key", Type: String, Flags: Required}, &Prop{Name: "value", Type: Any, Flags: Required}))
}

func environmentType() *Type {
	ps := func(names ...string) (props []*Prop) {
		for _, n := range names {
			props = append(props, P(n, String))
		}
		return props
	}
	t := Struct("environment", ps("activeDirectoryDataLake", "batch", "gallery", "graph", "graphAudience", "media", "name", "portal", "resourceManager", "sqlManagement", "vmImageAliasDoc")...)
	auth := Struct("authenticationProperties", append(ps("identityProvider", "loginEndpoint", "tenant"), P("audiences", stringArray))...)
	suffixes := Struct("suffixesProperties", ps("acrLoginServer", "azureDatalakeAnalyticsCatalogAndJob", "azureDatalakeStoreFileSystem", "azureFrontDoorEndpointSuffix", "keyvaultDns", "sqlServerHostname", "storage")...)
	t.Props = append(t.Props, P("authentication", auth), P("suffixes", suffixes))
	return t
}

func providerType() *Type {
	return Struct("Provider", P("namespace", String), P("resourceTypes", ArrayOf(providerResourceType())))
}

func providerResourceType() *Type {
	return Struct("ProviderResource", P("resourceType", String), P("locations", stringArray), P("apiVersions", stringArray))
}

func scopeType(name string, s Scope, props ...*Prop) *Type {
	return &Type{Kind: ObjectKind, Name: name, Scope: s, Props: props}
}

func resourceGroupType() *Type {
	return scopeType("resourceGroup", ResourceGroupScope, P("id", String), P("name", String), P("type", String), P("location", String), P("managedBy", String),
		P("tags", TagsType()), P("properties", Struct("properties", P("provisioningState", String))))
}

// TagsType is the type of a resource's tags.
func TagsType() *Type {
	return &Type{Kind: ObjectKind, Name: "Tags", Additional: &Prop{Type: String}}
}

func managementGroupType() *Type {
	summary := Struct("summaryProperties", P("id", String), P("name", String), P("type", String))
	details := Struct("detailsProperties", P("version", String), P("updatedTime", String), P("updatedBy", String), P("parent", summary))
	return scopeType("managementGroup", ManagementGroupScope, P("id", String), P("name", String), P("type", String),
		P("properties", Struct("properties", P("tenantId", String), P("displayName", String), P("details", details))))
}

// Functions has the overloads of every built-in function but list*.
var Functions = sync.OnceValue(functions)

func functions() map[string][]Overload {
	str, s, any := String, arg, Any
	one := func(returns *Type) []Overload { return []Overload{fn(returns, s("value", str))} }
	ids := func(extra ...string) Overload {
		o := rest(str, "resourceName", str, 1)
		for _, n := range append(extra, "resourceType") {
			o.Params = append(o.Params, s(n, str))
		}
		return o
	}
	zones := func(returns *Type, name string, t *Type) []Overload {
		return []Overload{fn(returns, s("subscriptionId", str), s("location", str), s(name, t))}
	}
	m := map[string][]Overload{
		"any":    {fn(any, s("value", any))},
		"array":  {fn(Array, s("valueToConvert", any))},
		"concat": {rest(Array, "arg", Array, 1), rest(str, "arg", scalar, 1)},
		"format": {rest(str, "arg", any, 0, s("formatString", str))},
		"base64": one(str), "base64ToString": one(str), "base64ToJson": one(any), "dataUri": {fn(str, s("valueToConvert", any))}, "dataUriToString": one(str),
		"uriComponent": one(str), "uriComponentToString": one(str), "toLower": one(str), "toUpper": one(str), "trim": one(str),
		"cidrSubnet": {fn(str, s("network", str), s("cidr", Int), s("subnetIndex", Int))}, "cidrHost": {fn(str, s("network", str), s("hostIndex", Int))},
		"parseCidr": one(cidrType()), "parseUri": one(uriType()), "buildUri": {fn(str, s("components", uriType()))},
		"padLeft":      {fn(str, s("valueToPad", Union(String, Int)), s("totalLength", Int), opt("paddingCharacter", str))},
		"replace":      {fn(str, s("originalString", str), s("oldString", str), s("newString", str))},
		"length":       {fn(Int, s("arg", Union(String, Object))), fn(Int, s("arg", Array))},
		"split":        {fn(stringArray, s("inputString", str), s("delimiter", Union(String, stringArray)))},
		"join":         {fn(str, s("inputArray", ArrayOf(Union(scalar, Null))), s("delimiter", str))},
		"string":       {fn(str, s("valueToConvert", any))},
		"int":          {fn(Int, s("valueToConvert", Union(String, Int)))},
		"bool":         {fn(Bool, s("value", any))},
		"uniqueString": {rest(str, "arg", str, 1)}, "guid": {rest(str, "arg", str, 1)},
		"uri":          {fn(str, s("baseUri", str), s("relativeUri", str))},
		"substring":    {fn(str, s("stringToParse", str), s("startIndex", Int), opt("length", Int))},
		"take":         {fn(Array, s("originalValue", Array), s("numberToTake", Int)), fn(str, s("originalValue", str), s("numberToTake", Int))},
		"skip":         {fn(Array, s("originalValue", Array), s("numberToSkip", Int)), fn(str, s("originalValue", str), s("numberToSkip", Int))},
		"empty":        {fn(Bool, s("itemToTest", Union(Null, Object, Array, String)))},
		"contains":     {fn(Bool, s("object", Object), s("propertyName", str)), fn(Bool, s("array", Array), s("itemToFind", any)), fn(Bool, s("string", str), s("itemToFind", str))},
		"intersection": {rest(Object, "object", Object, 2), rest(Array, "array", Array, 2)},
		"union":        {rest(Object, "object", Object, 2), rest(Array, "object", Array, 2)},
		"shallowMerge": {fn(Object, s("entries", ArrayOf(Object)))},
		"first":        {fn(any, s("array", Array)), fn(str, s("string", str))},
		"last":         {fn(any, s("array", Array)), fn(str, s("string", str))},
		"indexOf":      {fn(Int, s("stringToSearch", str), s("stringToFind", str)), fn(Int, s("array", Array), s("itemToFind", any))},
		"lastIndexOf":  {fn(Int, s("stringToSearch", str), s("stringToFind", str)), fn(Int, s("array", Array), s("itemToFind", any))},
		"startsWith":   {fn(Bool, s("stringToSearch", str), s("stringToFind", str))},
		"endsWith":     {fn(Bool, s("stringToSearch", str), s("stringToFind", str))},
		"like":         {fn(Bool, s("input", str), s("pattern", str))},
		"distinct":     {fn(Array, s("array", Array))},
		"min":          {rest(Int, "int", Int, 1), fn(Int, s("intArray", ints))},
		"max":          {rest(Int, "int", Int, 1), fn(Int, s("intArray", ints))},
		"range":        {fn(ints, s("startIndex", Int), s("count", Int))},
		"json":         one(any), "fail": one(any),
		"dateTimeAdd":       {fn(str, s("base", str), s("duration", str), opt("format", str))},
		"dateTimeToEpoch":   {fn(Int, s("dateTime", str))},
		"dateTimeFromEpoch": {fn(str, s("epochTime", Int))},
		"items":             {fn(itemsType(), s("object", Object))},
		"objectKeys":        {fn(stringArray, s("object", Object))},
		"flatten":           {fn(Array, s("array", arrays))},
		"filter":            {fn(Array, s("array", Array), s("predicate", lambdaOf(Bool, []*Type{Int}, any)))},
		"map":               {fn(Array, s("array", Array), s("predicate", lambdaOf(any, []*Type{Int}, any)))},
		"sort":              {fn(Array, s("array", Array), s("predicate", lambdaOf(Bool, nil, any, any)))},
		"reduce":            {fn(any, s("array", Array), s("initialValue", any), s("predicate", lambdaOf(any, []*Type{Int}, any, any)))},
		"toObject":          {fn(Object, s("array", Array), s("keyPredicate", lambdaOf(str, nil, any)), opt("valuePredicate", lambdaOf(any, nil, any)))},
		"groupBy":           {fn(Object, s("array", Array), s("predicate", lambdaOf(str, nil, any)), opt("valuePredicate", lambdaOf(any, nil, any)))},
		"mapValues":         {fn(Object, s("object", Object), s("predicate", lambdaOf(any, nil, any)))},
		"newGuid":           {fn(str)}, "utcNow": {fn(str, opt("format", str))},
		"nameof":                  {fn(str, s("nameof", any))},
		"loadTextContent":         {fn(str, s("filePath", str), opt("encoding", str))},
		"loadFileAsBase64":        one(str),
		"loadJsonContent":         {fn(any, s("filePath", str), opt("jsonPath", str), opt("encoding", str))},
		"loadYamlContent":         {fn(any, s("filePath", str), opt("pathFilter", str), opt("encoding", str))},
		"loadDirectoryFileInfo":   {fn(Array, s("directoryPath", str), opt("searchPattern", str))},
		"readEnvironmentVariable": {fn(str, s("variableName", str), opt("default", str))},
		"externalInput":           {fn(any, s("name", str), opt("config", any))},
		"readCliArg":              {fn(str, s("argumentName", str))},
		"readEnvVar":              {fn(str, s("variableName", str))},

		"tenant":          {fn(scopeType("tenant", TenantScope, P("tenantId", str), P("country", str), P("countryCode", str), P("displayName", str)))},
		"managementGroup": {fn(managementGroupType()), fn(scopeType("managementGroup", ManagementGroupScope), s("name", str))},
		"subscription": {fn(scopeType("subscription", SubscriptionScope, P("id", str), P("subscriptionId", str), P("tenantId", str), P("displayName", str))),
			fn(scopeType("subscription", SubscriptionScope), s("subscriptionId", str))},
		"resourceGroup": {fn(resourceGroupType()), fn(scopeType("resourceGroup", ResourceGroupScope), s("resourceGroupName", str)),
			fn(scopeType("resourceGroup", ResourceGroupScope), s("subscriptionId", str), s("resourceGroupName", str))},
		"deployment":             {fn(Object)},
		"deployer":               {fn(Struct("deployer", P("objectId", str), P("tenantId", str), P("userPrincipalName", str)))},
		"environment":            {fn(environmentType())},
		"getSecret":              {fn(SecureString, s("subscriptionId", str), s("resourceGroupName", str), s("keyVaultName", str), s("secretName", str), opt("secretVersion", str))},
		"resourceId":             {ids(), ids("subscriptionId"), ids("resourceGroupName"), ids("subscriptionId", "resourceGroupName")},
		"subscriptionResourceId": {ids(), ids("subscriptionId")}, "managementGroupResourceId": {ids(), ids("managementGroupId")},
		"tenantResourceId": {ids()}, "extensionResourceId": {ids("resourceId")},
		"roleDefinitions": {fn(Struct("roleDefinition", P("id", str), P("roleDefinitionId", str)), s("roleName", str))},
		"providers":       {fn(providerType(), s("providerNamespace", str)), fn(providerResourceType(), s("providerNamespace", str), s("resourceType", str))},
		"toLogicalZone":   zones(str, "physicalZone", str), "toLogicalZones": zones(stringArray, "physicalZones", Array),
		"toPhysicalZone": zones(str, "logicalZone", str), "toPhysicalZones": zones(stringArray, "logicalZones", Array),
		"pickZones":    {fn(Array, s("providerNamespace", str), s("resourceType", str), s("location", str), opt("numberOfZones", Int), opt("offset", Int))},
		"reference":    {fn(Object, s("resourceNameOrIdentifier", str), opt("apiVersion", str), opt("full", str))},
		"references":   {fn(Array, s("resources", any), opt("apiVersion", str), opt("full", str))},
		"resourceInfo": {fn(Object, s("resource", any))},
	}
	for name, overloads := range m {
		for i := range overloads {
			overloads[i].Name = name
		}
	}
	return m
}

// ListFunction is the signature of functions like listKeys.
func ListFunction(name string) []Overload {
	o := fn(Any, arg("resourceNameOrIdentifier", String), arg("apiVersion", String), opt("functionValues", Object))
	o.Name = name
	return []Overload{o}
}
