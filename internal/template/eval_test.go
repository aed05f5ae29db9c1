package template

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/resourceid"
)

var testScope = resourceid.MustParse("/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg")

// evaluate runs one expression as an output of a template with a few parameters and variables.
func evaluate(t *testing.T, expression string) (any, error) {
	t.Helper()
	quoted, _ := json.Marshal(expression)
	tmpl, err := Parse("test.json", []byte(`{"$schema":"s","contentVersion":"1.0.0.0","parameters":{
		"text":{"type":"string","defaultValue":"hello"},
		"now":{"type":"string","defaultValue":"[utcNow('u')]"},
		"object":{"type":"object","defaultValue":{"b":{"x":1,"Y":[1,2]},"A":"one"}},
		"list":{"type":"array","defaultValue":["one","two","three"]}},
		"variables":{"n":7,"twice":"[concat(variables('n'), variables('n'))]"},
		"functions":[{"namespace":"contoso","members":{"name":{"parameters":[{"name":"a","type":"string"}],"output":{"type":"string","value":"[concat('x-', toLower(parameters('a')))]"}}}}],
		"resources":[],"outputs":{"o":{"type":"object","value":{"v":`+string(quoted)+`}}}}`))
	if err != nil {
		return nil, err
	}
	p, err := tmpl.Plan(context.Background(), Input{Name: "main", Scope: testScope, TenantID: "t-1",
		Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Deployer: map[string]any{"objectId": "o-1"},
		Providers: func(namespace, typ string) (map[string]any, bool) {
			return map[string]any{"resourceType": typ, "apiVersions": []any{"2024-01-01"}}, typ == "c"
		},
		RoleDefinition: func(name string) (string, bool) { return "b24988ac-6180-42a0-ab88-20f7382dd24c", name == "Contributor" },
		ScopeFacts: func(_ context.Context, id resourceid.ID) (map[string]any, error) {
			if id.ResourceGroup() != "" {
				return map[string]any{"location": "westeurope", "tags": map[string]any{"a": "b"}}, nil
			}
			return map[string]any{"displayName": "Contoso"}, nil
		}})
	if err != nil {
		return nil, err
	}
	out, err := p.Outputs(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	return From(out[0].Value).(*Object).Value("v"), nil
}

func TestFunctions(t *testing.T) {
	for _, c := range []struct{ expression, want string }{
		// strings
		{"[base64('hello')]", `"aGVsbG8="`},
		{"[base64ToString('aGVsbG8=')]", `"hello"`},
		{"[base64ToJson(base64('{\"a\":[1,2.5]}'))]", `{"a":[1,2.5]}`},
		{"[concat('a', 1, true())]", `"a1True"`},
		{"[concat(createArray(1), parameters('list'))]", `[1,"one","two","three"]`},
		{"[contains('OneTwo', 'Two')]", `true`},
		{"[contains('OneTwo', 'two')]", `false`},
		{"[contains(parameters('list'), 'two')]", `true`},
		{"[contains(parameters('object'), 'a')]", `true`},
		{"[dataUri('Hello')]", `"data:text/plain;charset=utf8;base64,SGVsbG8="`},
		{"[dataUriToString('data:;base64,SGVsbG8=')]", `"Hello"`},
		{"[dataUriToString('data:text/plain,a%20b')]", `"a b"`},
		{"[empty('')]", `true`}, {"[empty(null())]", `true`}, {"[empty(createObject())]", `true`}, {"[empty(parameters('list'))]", `false`},
		{"[endsWith('abcdef', 'EF')]", `true`}, {"[startsWith('abcdef', 'AB')]", `true`}, {"[startsWith('abcdef', 'e')]", `false`},
		{"[first('hello')]", `"h"`}, {"[first(parameters('list'))]", `"one"`}, {"[first(createArray())]", `null`}, {"[first('😀x')]", `"�"`},
		{"[last('hello')]", `"o"`}, {"[last(parameters('list'))]", `"three"`},
		{"[format('{0}, {1}. {{x}} {2}', 'a', 5, true())]", `"a, 5. {x} True"`},
		{"[format('{0:N0}|{0:D6}|{0:X}|{1,6}|{1,-4}|', 8175133, 'ab')]", `"8,175,133|8175133|7CBE1D|    ab|ab  |"`},
		{"[format('{0:000}|{0:#,##0.00}|{0:P0}|{0:E2}|{0:F1}', 42)]", `"042|42.00|4,200 %|4.20E+001|42.0"`},
		{"[format('{0}|{1}', parameters('list'), null())]", `"[\"one\",\"two\",\"three\"]|"`},
		{"[guid('a','b','c')]", `"a98fa280-e03f-5afa-8d8e-92d0a9c201e8"`},
		{"[uniqueString('fu')]", `"6rkxbspxjmsho"`}, {"[uniqueString('fubar')]", `"cj2xpqsiwjfne"`}, {"[uniqueString('fu','bar')]", `"q5wxoscxs5j6k"`},
		{"[uniqueString('hello','world')]", `"a7wkljktk6wne"`}, {"[uniqueString('tyeth')]", `"zcztcwvu6iyg6"`},
		{"[indexOf('abcdef', 'CD')]", `2`}, {"[indexOf('test', 'z')]", `-1`}, {"[lastIndexOf('test', 't')]", `3`},
		{"[indexOf(parameters('list'), 'two')]", `1`}, {"[lastIndexOf(createArray(1,2,1), 1)]", `2`},
		{"[join(parameters('list'), ', ')]", `"one, two, three"`}, {"[join(createArray(1, true()), '')]", `"1True"`},
		{"[like('Contoso-Api', 'contoso*')]", `true`}, {"[like('abc', 'a*d')]", `false`}, {"[like('abc', 'ABC')]", `true`}, {"[like('aXbXc', '*x*c')]", `true`},
		{"[length('😀')]", `2`}, {"[length(parameters('list'))]", `3`}, {"[length(parameters('object'))]", `2`},
		{"[padLeft('123', 6, '0')]", `"000123"`}, {"[padLeft(7, 3)]", `"  7"`}, {"[padLeft('abc', 2)]", `"abc"`},
		{"[replace('123-123-1234', '-', '')]", `"1231231234"`},
		{"[skip('one two three', 4)]", `"two three"`}, {"[skip(parameters('list'), 1)]", `["two","three"]`}, {"[skip(parameters('list'), 9)]", `[]`}, {"[skip('abc', -1)]", `"abc"`},
		{"[take('one two', 3)]", `"one"`}, {"[take(parameters('list'), 2)]", `["one","two"]`},
		{"[split('one,two', ',')]", `["one","two"]`}, {"[split('a;b,c', createArray(',', ';'))]", `["a","b","c"]`}, {"[split('abc', '')]", `["abc"]`},
		{"[string(true())]", `"True"`}, {"[string(12)]", `"12"`}, {"[string(createArray(1, 'a'))]", `"[1,\"a\"]"`}, {"[string(json('{\"b\":1.0,\"a\":null}'))]", `"{\"b\":1.0,\"a\":null}"`},
		{"[substring('one two three', 4, 3)]", `"two"`}, {"[substring('abc', 1)]", `"bc"`},
		{"[toLower('One Two')]", `"one two"`}, {"[toUpper('One ß')]", `"ONE ß"`}, {"[trim('  a b ')]", `"a b"`},
		{"[uri('http://contoso.org/firstpath', 'myscript.sh')]", `"http://contoso.org/myscript.sh"`},
		{"[uri('http://contoso.org/firstpath/', '/myscript.sh')]", `"http://contoso.org/firstpath/myscript.sh"`},
		{"[uri('http://contoso.org/firstpath', '/myscript.sh')]", `"http://contoso.org/myscript.sh"`},
		{"[uriComponent('http://contoso.com/resources/nested/azuredeploy.json')]", `"http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"`},
		{"[uriComponentToString('a%2Fb%zz')]", `"a/b%zz"`},
		{"[parseUri('https://contoso.com:8443/a/b?c=d')]", `{"host":"contoso.com","path":"/a/b","port":8443,"query":"?c=d","scheme":"https"}`},
		{"[buildUri(createObject('scheme','https','host','contoso.com','port',8443,'path','a/b','query','c=d'))]", `"https://contoso.com:8443/a/b?c=d"`},
		// arrays and objects
		{"[array('a')]", `["a"]`}, {"[createArray(1, 'a', createArray())]", `[1,"a",[]]`},
		{"[createObject('a', 1, 'b', createArray())]", `{"a":1,"b":[]}`},
		{"[distinct(createArray(1,2,1,'a','A'))]", `[1,2,"a","A"]`},
		{"[flatten(createArray(createArray(1), createArray(2, 3)))]", `[1,2,3]`},
		{"[intersection(createArray(1,2,3), createArray(3,2))]", `[2,3]`},
		{"[intersection(json('{\"a\":1,\"b\":2}'), json('{\"b\":2,\"a\":3}'))]", `{"b":2}`},
		{"[items(parameters('object'))]", `[{"key":"A","value":"one"},{"key":"b","value":{"Y":[1,2],"x":1}}]`},
		{"[objectKeys(parameters('object'))]", `["A","b"]`},
		{"[max(1,5,3)]", `5`}, {"[min(createArray(4,2))]", `2`}, {"[range(5, 3)]", `[5,6,7]`},
		{"[shallowMerge(createArray(parameters('object'), createObject('B', 2)))]", `{"A":"one","b":2}`},
		{"[union(parameters('object'), createObject('b', createObject('Y', 3)))]", `{"A":"one","b":{"Y":3,"x":1}}`},
		{"[union(createArray(1,2), createArray(2,3))]", `[1,2,3]`},
		{"[tryGet(parameters('object'), 'b', 'Y', 1)]", `2`}, {"[tryGet(parameters('object'), 'zz', 'Y')]", `null`}, {"[tryGet(parameters('list'), 9)]", `null`},
		{"[indexFromEnd(parameters('list'), 1)]", `"three"`}, {"[tryIndexFromEnd(parameters('list'), 4)]", `null`},
		{"[parameters('object').B.y[1]]", `2`}, {"[parameters('object')['b'].x]", `1`},
		// lambdas
		{"[map(range(0,3), lambda('i', mul(lambdaVariables('i'), 2)))]", `[0,2,4]`},
		{"[map(parameters('list'), lambda('x', 'i', format('{0}{1}', lambdaVariables('i'), lambdaVariables('x'))))]", `["0one","1two","2three"]`},
		{"[filter(parameters('list'), lambda('x', contains(lambdaVariables('x'), 'o')))]", `["one","two"]`},
		{"[reduce(range(1,4), 0, lambda('a', 'b', add(lambdaVariables('a'), lambdaVariables('b'))))]", `10`},
		{"[sort(createArray(3,1,2), lambda('a','b', less(lambdaVariables('a'), lambdaVariables('b'))))]", `[1,2,3]`},
		{"[toObject(parameters('list'), lambda('x', lambdaVariables('x')), lambda('x', length(lambdaVariables('x'))))]", `{"one":3,"three":5,"two":3}`},
		{"[groupBy(parameters('list'), lambda('x', first(lambdaVariables('x'))))]", `{"o":["one"],"t":["two","three"]}`},
		{"[mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))]", `{"a":2}`},
		// numbers and logic
		{"[add(5, -3)]", `2`}, {"[sub(7,3)]", `4`}, {"[mul(5,3)]", `15`}, {"[div(8,3)]", `2`}, {"[div(-7,2)]", `-3`}, {"[mod(7,3)]", `1`},
		{"[int('4')]", `4`}, {"[float('3.5')]", `3.5`}, {"[float(3)]", `3.0`}, {"[add(float('1.5'), 1)]", `2.5`},
		{"[bool('True')]", `true`}, {"[bool(0)]", `false`}, {"[not(false())]", `true`},
		{"[and(true(), false(), fail('no'))]", `false`}, {"[or(true(), fail('no'))]", `true`}, {"[if(true(), 'a', fail('no'))]", `"a"`},
		{"[coalesce(null(), '', fail('no'))]", `""`}, {"[coalesce(null(), null())]", `null`},
		{"[equals('a', 'A')]", `false`}, {"[equals(parameters('object'), json('{\"A\":\"one\",\"b\":{\"Y\":[1,2],\"x\":1}}'))]", `true`}, {"[equals(1, '1')]", `false`},
		{"[less(1, 2)]", `true`}, {"[lessOrEquals(2, 2)]", `true`}, {"[greater('b', 'a')]", `true`}, {"[greaterOrEquals(1, 2)]", `false`},
		// dates
		{"[parameters('now')]", `"2026-03-04 05:06:07Z"`},
		{"[dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H')]", `"2020-04-07T15:53:14Z"`},
		{"[dateTimeAdd('2023-01-01T00:00:00Z', 'P1Y')]", `"2024-01-01T00:00:00Z"`}, {"[dateTimeAdd('2024-01-01T00:00:00Z', 'P1Y')]", `"2024-12-31T00:00:00Z"`},
		{"[dateTimeAdd('2022-09-01T00:00:00Z', 'P10Y')]", `"2032-08-29T00:00:00Z"`},
		{"[dateTimeAdd('2020-04-07 14:53:14Z', '-P9D', 'yyyy-MM-dd HH:mm tt')]", `"2020-03-29 14:53 PM"`},
		{"[dateTimeAdd('20200407T145314Z', 'P1W', 'd')]", `"04/14/2020"`},
		{"[dateTimeFromEpoch(1683040573)]", `"2023-05-02T15:16:13Z"`}, {"[dateTimeToEpoch('2023-05-02T15:16:13Z')]", `1683040573`},
		// addresses
		{"[parseCidr('10.144.0.0/20')]", `{"broadcast":"10.144.15.255","cidr":20,"firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","netmask":"255.255.240.0","network":"10.144.0.0"}`},
		{"[parseCidr('fdad:3236:5555::/48')]", `{"cidr":48,"firstUsable":"fdad:3236:5555::","lastUsable":"fdad:3236:5555:ffff:ffff:ffff:ffff:ffff","netmask":"ffff:ffff:ffff::","network":"fdad:3236:5555::"}`},
		{"[cidrSubnet('10.144.0.0/20', 24, 2)]", `"10.144.2.0/24"`}, {"[cidrHost('10.144.3.0/24', 0)]", `"10.144.3.1"`}, {"[cidrHost('fdad:3236::/64', 1)]", `"fdad:3236::2"`},
		// deployment and scopes
		{"[variables('twice')]", `"77"`}, {"[contoso.name('ABC')]", `"x-abc"`},
		{"[resourceGroup().location]", `"westeurope"`}, {"[resourceGroup().tags.a]", `"b"`}, {"[subscription().tenantId]", `"t-1"`}, {"[subscription().displayName]", `"Contoso"`},
		{"[tenant().tenantId]", `"t-1"`}, {"[deployment().name]", `"main"`}, {"[deployer().objectId]", `"o-1"`}, {"[environment().suffixes.keyvaultDns]", `".vault.azure.net"`},
		{"[resourceId('Microsoft.KeyVault/vaults/secrets', 'v', 's')]", `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v/secrets/s"`},
		{"[resourceId('other', 'Microsoft.KeyVault/vaults', 'v')]", `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/other/providers/Microsoft.KeyVault/vaults/v"`},
		{"[resourceId('sub', 'other', 'Microsoft.KeyVault/vaults', 'v')]", `"/subscriptions/sub/resourceGroups/other/providers/Microsoft.KeyVault/vaults/v"`},
		{"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', 'r')]", `"/subscriptions/00000000-0000-0000-0000-00000000000a/providers/Microsoft.Authorization/roleDefinitions/r"`},
		{"[tenantResourceId('Microsoft.Authorization/roleDefinitions', 'r')]", `"/providers/Microsoft.Authorization/roleDefinitions/r"`},
		{"[managementGroupResourceId('mg', 'Microsoft.Authorization/policyDefinitions', 'p')]", `"/providers/Microsoft.Management/managementGroups/mg/providers/Microsoft.Authorization/policyDefinitions/p"`},
		{"[extensionResourceId('/subscriptions/s', 'Microsoft.Authorization/locks', 'l')]", `"/subscriptions/s/providers/Microsoft.Authorization/locks/l"`},
		{"[roleDefinitions('Contributor').roleDefinitionId]", `"b24988ac-6180-42a0-ab88-20f7382dd24c"`},
		{"[pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope', 2)]", `["1","2"]`},
		{"[toLogicalZone('s', 'westeurope', 'westeurope-az2')]", `"2"`}, {"[toPhysicalZones('s', 'westeurope', createArray('1','3'))]", `["westeurope-az1","westeurope-az3"]`},
		// syntax
		{"[[literal]", `"[literal]"`}, {"[concat('it''s', '[]')]", `"it's[]"`}, {"plain [x]", `"plain [x]"`}, {"[ add( 1 , 2 ) ]", `3`},
	} {
		got, err := evaluate(t, c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(c.want, err)
		}
		if !sameJSON(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.expression, encode(got), c.want)
		}
	}
}

func sameJSON(a, b any) bool {
	return equal(From(To(a)), From(b)) // To and From sort the keys
}

func TestFunctionErrors(t *testing.T) {
	for expression, want := range map[string]string{
		"[]":                               "expected an expression at position '0', found the end of the expression",
		"[concat(]":                        "found the end of the expression",
		"[nope('x')]":                      "The template function 'nope' is not valid. Please see https://aka.ms/arm-functions for usage details.",
		"[concat('a]":                      "the string that begins at position '7' is not closed",
		"[toLower()]":                      "Unable to evaluate template language function 'toLower': function requires 1 argument(s) while 0 were provided",
		"[toLower(1)]":                     "The template language function 'toLower' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'",
		"[parameters('zz')]":               "The template parameter 'zz' is not found. Please see https://aka.ms/arm-syntax-parameters for usage details.",
		"[variables('zz')]":                "The template variable 'zz' is not found.",
		"[parameters('object').zz]":        "The language expression property 'zz' doesn't exist, available properties are 'b, A'.",
		"[parameters('list')[3]]":          "The language expression property array index '3' is out of bounds.",
		"[parameters('list').x]":           "property name must be an integer",
		"[div(1, 0)]":                      "can't divide by zero",
		"[add(9223372036854775807, 1)]":    "does not fit into 64 bits",
		"[substring('abc', 2, 5)]":         "The index parameter: '2', the length parameter: '5', the length of the string parameter: '3'",
		"[resourceId('vaults', 'v')]":      "no fully qualified resource type",
		"[resourceId('A.B/c/d', 'v')]":     "requires '2' resource name argument(s), '1' were provided",
		"[utcNow()]":                       "The template function 'utcNow' is not expected at this location.",
		"[newGuid()]":                      "The template function 'newGuid' is not expected at this location.",
		"[copyIndex()]":                    "The template function 'copyIndex' is not expected at this location.",
		"[fail('because')]":                "because",
		"[json('{')]":                      "is not valid JSON: Unexpected end of content.",
		"[range(0, 10001)]":                "between 0 and 10000",
		"[contoso.name()]":                 "The user defined function 'contoso.name' expects 1 argument(s) while 0 were provided",
		"[contoso.name(1)]":                "Template parameter JToken type is not valid. Expected 'String, Uri'. Actual 'Integer'.",
		"[format('{0}')]":                  "index 0, but 0 argument(s)",
		"[first(1)]":                       "The provided value is of type 'Integer'",
		"[lambdaVariables('x')]":           "The template lambda variable 'x' is not found.",
		"[lambda('x', 1)]":                 "The template function 'lambda' is not expected at this location.",
		"[int('x')]":                       "can't convert the value 'x' to an integer",
		"[createObject('a')]":              "even number of parameters",
		"[cidrSubnet('10.0.0.0/24',20,0)]": "between 24 and 32",
		"[if('x', 1, 2)]":                  "of type 'Boolean'",
		"[map(range(0,10000), lambda('a', map(range(0,10000), lambda('b', 1))))]": "needs too many function calls",
		"[padLeft('a', 99999999)]": "between 0 and",
	} {
		_, err := evaluate(t, expression)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s:\ngot  %v\nwant %s", expression, err, want)
		}
	}
	deep := "[" + strings.Repeat("not(", 500) + "true()" + strings.Repeat(")", 500) + "]"
	if _, err := evaluate(t, deep); err == nil || !strings.Contains(err.Error(), "nested deeper than") {
		t.Errorf("deep: %v", err)
	}
}
