package template

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// functionValues are further examples of Microsoft's reference pages and their corners: nested merges, case, culture, order.
// https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
var functionValues = []struct{ expression, want string }{
	// union and intersection merge objects to the bottom, arrays as a whole; shallowMerge the top alone
	{"[union(json('{\"a\":{\"x\":1,\"y\":[1]},\"b\":1}'), json('{\"a\":{\"y\":[2],\"z\":{\"w\":1}}}'))]", `{"a":{"x":1,"y":[2],"z":{"w":1}},"b":1}`},
	{"[shallowMerge(createArray(json('{\"a\":{\"x\":1}}'), json('{\"a\":{\"y\":2}}')))]", `{"a":{"y":2}}`},
	{"[intersection(json('{\"a\":{\"x\":1},\"b\":1}'), json('{\"a\":{\"x\":1},\"c\":1}'))]", `{"a":{"x":1}}`},
	{"[union(createArray('one','two','three'), createArray('three','four'))]", `["one","two","three","four"]`},
	{"[intersection(createArray('one','two','three'), createArray('two','three'))]", `["two","three"]`},
	{"[shallowMerge(createArray())]", `{}`},
	// keys are sorted by items and objectKeys without regard to case
	{"[items(json('{\"b\":1,\"A\":2,\"a1\":3}'))]", `[{"key":"A","value":2},{"key":"a1","value":3},{"key":"b","value":1}]`},
	{"[objectKeys(createObject())]", `[]`}, {"[items(createObject())]", `[]`},
	// conversions
	{"[string(1.50)]", `"1.5"`}, {"[string(float('1e3'))]", `"1000.0"`}, {"[string(null())]", `""`}, {"[string(createObject('a', createArray(true(), null())))]", `"{\"a\":[true,null]}"`},
	{"[int('-5')]", `-5`}, {"[int(float('4.7'))]", `5`}, {"[int(float('2.5'))]", `2`}, {"[float('-1.25')]", `-1.25`}, {"[bool('FALSE')]", `false`}, {"[bool(2)]", `true`},
	{"[json('null')]", `null`}, {"[json('\"x\"')]", `"x"`}, {"[json('1.0')]", `1.0`}, {"[json('[1, {\"a\": true}]')]", `[1,{"a":true}]`},
	{"[array(createObject('a', 1))]", `[{"a":1}]`}, {"[array(createArray(1))]", `[1]`},
	// text: positions count UTF-16 units, case does not count in searches
	{"[toUpper('straße')]", `"STRAßE"`}, {"[length('naïve')]", `5`}, {"[indexOf('ÄÖ', 'ö')]", `1`}, {"[lastIndexOf('abcABC', 'b')]", `4`}, {"[lastIndexOf('', '')]", `0`},
	{"[padLeft('-5', 4, '0')]", `"00-5"`}, {"[split('a,,b', ',')]", `["a","","b"]`}, {"[join(createArray(), ',')]", `""`}, {"[substring('abc', 3)]", `""`}, {"[trim(' \t x \n ')]", `"x"`},
	{"[take('abc', -1)]", `""`}, {"[take('abc', 9)]", `"abc"`}, {"[take(createArray(1), -1)]", `[]`}, {"[skip('abc', 9)]", `""`},
	{"[replace('aAa', 'a', 'b')]", `"bAb"`}, {"[startsWith('', '')]", `true`}, {"[endsWith('abc', '')]", `true`}, {"[contains('abc', '')]", `true`},
	{"[contains(createArray(createObject('a',1)), createObject('a',1))]", `true`}, {"[contains(createArray('A'), 'a')]", `false`},
	{"[format('{0:yyyy-MM-dd}', '2020-01-02')]", `"2020-01-02"`}, {"[format('{0}', 1234567.5)]", `"1234567.5"`}, {"[format('{0:N2}', 1234.5)]", `"1,234.50"`}, {"[format('{{{0}}}', 1)]", `"{1}"`},
	{"[base64('')]", `""`}, {"[base64('ü')]", `"w7w="`}, {"[base64ToString('w7w=')]", `"ü"`},
	{"[uri('http://contoso.org/a/b?x=1', '../c')]", `"http://contoso.org/c"`}, {"[uriComponent('a b+c/ü')]", `"a%20b%2Bc%2F%C3%BC"`}, {"[uriComponentToString('a%20b%2B')]", `"a b+"`},
	{"[guid('')]", `"e655a85f-3ab2-5e4a-9666-569aa72a5a10"`},
	// dates
	{"[dateTimeAdd('2020-02-29T00:00:00Z', 'P1Y')]", `"2021-02-28T00:00:00Z"`}, {"[dateTimeAdd('2020-01-31T00:00:00Z', 'P1M')]", `"2020-03-01T00:00:00Z"`},
	{"[dateTimeAdd('2020-01-01T00:00:00Z', 'P1DT2H3M4S')]", `"2020-01-02T02:03:04Z"`}, {"[dateTimeAdd('2020-01-01T00:00:00Z', 'P3Y')]", `"2022-12-31T00:00:00Z"`},
	{"[dateTimeAdd('2020-01-01T00:00:00+02:00', 'PT0S')]", `"2019-12-31T22:00:00Z"`}, {"[dateTimeAdd('2020-01-01T10:11:12Z', 'PT0S', 'o')]", `"2020-01-01T10:11:12.0000000Z"`},
	{"[dateTimeFromEpoch(0)]", `"1970-01-01T00:00:00Z"`}, {"[dateTimeFromEpoch(-1)]", `"1969-12-31T23:59:59Z"`}, {"[dateTimeToEpoch('1970-01-02')]", `86400`},
	// addresses: Microsoft's own examples
	{"[cidrHost('10.144.3.0/24', 4)]", `"10.144.3.5"`}, {"[cidrSubnet('10.144.0.0/20', 24, 15)]", `"10.144.15.0/24"`}, {"[cidrSubnet('fdad:3236:5555::/48', 52, 1)]", `"fdad:3236:5555:1000::/52"`},
	{"[parseCidr('10.0.0.5/24').network]", `"10.0.0.0"`}, {"[parseCidr('10.0.0.1/32').lastUsable]", `"10.0.0.1"`},
	// arrays
	{"[range(-2, 4)]", `[-2,-1,0,1]`}, {"[range(1, 0)]", `[]`}, {"[min(-1)]", `-1`}, {"[flatten(createArray())]", `[]`}, {"[distinct(createArray(createArray(1), createArray(1)))]", `[[1]]`},
	{"[first('')]", `""`}, {"[last(createArray())]", `null`}, {"[tryIndexFromEnd(createArray(1,2), 2)]", `1`}, {"[indexFromEnd(createArray(1,2), 2)]", `1`},
	{"[sort(createArray('b','a','c'), lambda('x','y', greater(lambdaVariables('x'), lambdaVariables('y'))))]", `["c","b","a"]`},
	{"[reduce(createArray(), 7, lambda('a','b', 1))]", `7`}, {"[reduce(createArray(1,2), 0, lambda('a','b','i', add(lambdaVariables('a'), lambdaVariables('i'))))]", `1`},
	{"[filter(createArray(5,6,7), lambda('x','i', equals(lambdaVariables('i'), 1)))]", `[6]`}, {"[toObject(createArray('a'), lambda('x', lambdaVariables('x')))]", `{"a":"a"}`},
	{"[groupBy(createArray('a','A','b'), lambda('x', toLower(lambdaVariables('x'))))]", `{"a":["a","A"],"b":["b"]}`},
	{"[map(createArray(1,2), lambda('o', map(createArray(3), lambda('i', add(lambdaVariables('o'), lambdaVariables('i'))))))]", `[[4],[5]]`},
	{"[map(createArray(1,2,3), lambda('x', tryGet(createArray('a','b'), lambdaVariables('x'))))]", `["b",null,null]`},
	// logic
	{"[equals(createArray(1,2), createArray(2,1))]", `false`}, {"[equals(null(), null())]", `true`}, {"[equals(1, 1.0)]", `true`}, {"[less('a', 'b')]", `true`},
	{"[and(false(), fail('x'))]", `false`}, {"[coalesce(null(), createArray())]", `[]`}, {"[mod(-7, 3)]", `-1`}, {"[div(-8, 3)]", `-2`},
	// zones and roles
	{"[toPhysicalZone('s', 'westeurope', '2')]", `"westeurope-az2"`}, {"[toLogicalZones('s', 'westeurope', createArray('westeurope-az1', 'westeurope-az3'))]", `["1","3"]`},
	{"[pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope')]", `["1"]`}, {"[pickZones('Microsoft.Compute', 'virtualMachines', 'westeurope', 1, 1)]", `["2"]`},
	{"[managementGroup('mg').id]", `"/providers/Microsoft.Management/managementGroups/mg"`}, {"[resourceId('Microsoft.Resources/resourceGroups', 'x')]", `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.Resources/resourceGroups/x"`},
	{"[providers('A.B', 'c').apiVersions[0]]", `"2024-01-01"`},
}

func TestFunctionValues(t *testing.T) {
	for _, c := range functionValues {
		got, err := evaluate(t, c.expression)
		if err != nil {
			t.Errorf("%s: %v", c.expression, err)
			continue
		}
		var want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Errorf("%s: got %s", c.expression, encode(got))
			continue
		}
		if !sameJSON(got, want) {
			t.Errorf("%s:\ngot  %s\nwant %s", c.expression, encode(got), c.want)
		}
	}
}

// functionErrors has what each function says of values that it does not take.
var functionErrors = []struct{ expression, want string }{
	{`[tryIndexFromEnd(1, 1)]`, `of type 'Array'`},
	{`[and(1, true())]`, `The template language function 'and' expects its parameter at position 1 to be of type 'Boolean'. The provided value is of type 'Integer'`},
	{`[array()]`, `Unable to evaluate template language function 'array': function requires 1 argument(s) while 0 were provided`},
	{`[base64(1)]`, `The template language function 'base64' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[base64ToJson('!!')]`, `The template language function 'base64ToJson' expects its parameter to be valid base64. The provided value is not`},
	{`[base64ToJson(base64('{'))]`, `The template language function 'base64ToJson' parameter is not valid JSON: Unexpected end of content. Path '', line 1, position 2`},
	{`[base64ToString('!')]`, `The template language function 'base64ToString' expects its parameter to be valid base64. The provided value is not`},
	{`[bool('maybe')]`, `The template language function 'bool' can't convert the value 'maybe' to a boolean`},
	{`[bool(createArray())]`, `The template language function 'bool' expects its parameter at position 1 to be of type 'String, Integer, Boolean'. The provided value is of type 'Array'`},
	{`[buildUri('x')]`, `The template language function 'buildUri' expects its parameter at position 1 to be of type 'Object'. The provided value is of type 'String'`},
	{`[buildUri(createObject('host','h'))]`, `The template language function 'buildUri' expects the properties 'scheme' and 'host'`},
	{`[cidrHost('10.0.0.0/30', 9)]`, `The template language function 'cidrHost' expects its second parameter to be the index of a host of '10.0.0.0/30'. The provided value is '9'`},
	{`[cidrHost('x', 1)]`, `The template language function 'cidrHost' expects its first parameter to be an address range in CIDR notation. The provided value is 'x'`},
	{`[coalesce()]`, `Unable to evaluate template language function 'coalesce': function requires at least 1 argument(s) while 0 were provided`},
	{`[createArray(nope())]`, `The template function 'nope' is not valid`},
	{`[dataUriToString('x')]`, `The template language function 'dataUriToString' expects its parameter to be a data URI. The provided value is 'x'`},
	{`[dateTimeAdd('x','PT1H')]`, `The template language function 'dateTimeAdd' expects its parameter at position 1 to be a date and time. The provided value is 'x'`},
	{`[dateTimeAdd('2020-01-01','1 hour')]`, `The template language function 'dateTimeAdd' expects its second parameter to be an ISO 8601 duration. The provided value is '1 hour'`},
	{`[dateTimeFromEpoch('x')]`, `The template language function 'dateTimeFromEpoch' expects its parameter at position 1 to be of type 'Integer'. The provided value is of type 'String'`},
	{`[dateTimeToEpoch('x')]`, `The template language function 'dateTimeToEpoch' expects its parameter at position 1 to be a date and time. The provided value is 'x'`},
	{`[deployer(1)]`, `Unable to evaluate template language function 'deployer': function requires 0 argument(s) while 1 were provided`},
	{`[deployment(1)]`, `Unable to evaluate template language function 'deployment': function requires 0 argument(s) while 1 were provided`},
	{`[distinct(1)]`, `The template language function 'distinct' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[empty(1)]`, `The template language function 'empty' expects its parameter at position 1 to be of type 'String, Array, Object, Null'. The provided value is of type 'Integer'`},
	{`[endsWith('a')]`, `Unable to evaluate template language function 'endsWith': function requires 2 argument(s) while 1 were provided`},
	{`[endsWith(1,'a')]`, `The template language function 'endsWith' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[environment(1)]`, `Unable to evaluate template language function 'environment': function requires 0 argument(s) while 1 were provided`},
	{`[equals(1)]`, `Unable to evaluate template language function 'equals': function requires 2 argument(s) while 1 were provided`},
	{`[extensionResourceId('/x','a.b/c')]`, `Unable to evaluate template language function 'extensionResourceId': function requires at least 3 argument(s) while 2 were provided`},
	{`[false(1)]`, `Unable to evaluate template language function 'false': function requires 0 argument(s) while 1 were provided`},
	{`[filter(1, lambda('x', true()))]`, `The template language function 'filter' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[filter(createArray(1), lambda('x', 1))]`, `The template language function 'filter' expects its lambda to give a boolean, not a value of type 'Integer'`},
	{`[flatten(1)]`, `The template language function 'flatten' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[flatten(createArray(1))]`, `The template language function 'flatten' expects the items of its array to be arrays. Item 0 is of type 'Integer'`},
	{`[float('x')]`, `The template language function 'float' can't convert the value 'x' to a number`},
	{`[greater(1,'a')]`, `The template language function 'greater' expects its parameter at position 2 to be of type 'Integer'. The provided value is of type 'String'`},
	{`[greaterOrEquals(true(), 1)]`, `The template language function 'greaterOrEquals' expects its parameter at position 1 to be of type 'Integer, String'. The provided value is of type 'Boolean'`},
	{`[groupBy(1, lambda('x', 'a'))]`, `The template language function 'groupBy' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[groupBy(createArray(1), lambda('x', 1))]`, `The template language function 'groupBy' expects its lambda to give a string, not a value of type 'Integer'`},
	{`[guid()]`, `Unable to evaluate template language function 'guid': function requires at least 1 argument(s) while 0 were provided`},
	{`[indexFromEnd(createArray(1), 0)]`, `The language expression property array index '0' is out of bounds`},
	{`[indexFromEnd(createArray(1), 2)]`, `The language expression property array index '2' is out of bounds`},
	{`[indexOf(1,'a')]`, `The template language function 'indexOf' expects its parameter at position 1 to be of type 'String, Array'. The provided value is of type 'Integer'`},
	{`[intersection(createArray(1), createObject())]`, `The template language function 'intersection' expects its parameter at position 2 to be of type 'Array'. The provided value is of type 'Object'`},
	{`[items('x')]`, `The template language function 'items' expects its parameter at position 1 to be of type 'Object'. The provided value is of type 'String'`},
	{`[join('x', ',')]`, `The template language function 'join' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'String'`},
	{`[join(createArray(createArray()), ',')]`, `The template language function 'join' expects the items of its array to be strings. Item 0 is of type 'Array'`},
	{`[last(1)]`, `The template language function 'last' expects its parameter at position 1 to be of type 'String, Array'. The provided value is of type 'Integer'`},
	{`[lastIndexOf(1,2)]`, `The template language function 'lastIndexOf' expects its parameter at position 1 to be of type 'String, Array'. The provided value is of type 'Integer'`},
	{`[length(1)]`, `The template language function 'length' expects its parameter at position 1 to be of type 'String, Array, Object'. The provided value is of type 'Integer'`},
	{`[less('a',1)]`, `The template language function 'less' expects its parameter at position 2 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[lessOrEquals(createArray(),1)]`, `The template language function 'lessOrEquals' expects its parameter at position 1 to be of type 'Integer, String'. The provided value is of type 'Array'`},
	{`[like(1,'a')]`, `The template language function 'like' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[managementGroup()]`, `The template function 'MANAGEMENTGROUP' is not expected at this location: the deployment's scope is '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg'`},
	{`[managementGroupResourceId('A.B/c','d')]`, `The template language function 'managementGroupResourceId' needs a management group: the deployment's scope is '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg'`},
	{`[mapValues(1, lambda('x', 1))]`, `The template language function 'mapValues' expects its parameter at position 1 to be of type 'Object'. The provided value is of type 'Integer'`},
	{`[max()]`, `Unable to evaluate template language function 'max': function requires at least 1 argument(s) while 0 were provided`},
	{`[max('a')]`, `The template language function 'max' expects integers. The value at position 1 is of type 'String'`},
	{`[max(createArray())]`, `The template language function 'max' expects an array that is not empty`},
	{`[min('a', 1)]`, `The template language function 'min' expects integers. The value at position 1 is of type 'String'`},
	{`[mod(1,0)]`, `The template language function 'mod' can't divide by zero`},
	{`[mul('a',1)]`, `The template language function 'mul' expects its parameter at position 1 to be of type 'Integer'. The provided value is of type 'String'`},
	{`[null(1)]`, `Unable to evaluate template language function 'null': function requires 0 argument(s) while 1 were provided`},
	{`[objectKeys(1)]`, `The template language function 'objectKeys' expects its parameter at position 1 to be of type 'Object'. The provided value is of type 'Integer'`},
	{`[or(1)]`, `Unable to evaluate template language function 'or': function requires at least 2 argument(s) while 1 were provided`},
	{`[parseCidr('10.0.0.0')]`, `The template language function 'parseCidr' expects its first parameter to be an address range in CIDR notation. The provided value is '10.0.0.0'`},
	{`[parseCidr('10.0.0.0/33')]`, `The template language function 'parseCidr' expects its first parameter to be an address range in CIDR notation. The provided value is '10.0.0.0/33'`},
	{`[parseUri('nope')]`, `The template language function 'parseUri' expects its parameter to be an absolute URI. The provided value is 'nope'`},
	{`[pickZones('a','b','c',9)]`, `The template language function 'pickZones' expects its parameters to name 3 zones at most`},
	{`[providers('A.B')]`, `The resource provider 'A.B' or its type '' is not known`},
	{`[reduce(1, 0, lambda('a','b',1))]`, `The template language function 'reduce' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[reference('x')]`, `The template resource reference 'x' is not valid: no resource of that name is defined in the template, and it is no resource ID`},
	{`[references('x')]`, `The template resource collection reference 'x' is not valid: no copy loop of that name is defined in the template`},
	{`[references('x', 'half')]`, `The template language function 'references' expects its second parameter to be 'Full' or 'Properties'. The provided value is 'half'`},
	{`[target()]`, `The template language function 'target' is not expected at this location: it stands for the resource in whose body it is`},
	{`[target('half')]`, `The template language function 'target' expects its parameter to be 'Full'. The provided value is 'half'`},
	{`[externalInputs('x')]`, `The template function 'externalInputs' is not expected at this location`},
	{`[reference('/subscriptions/s/resourceGroups/rg/providers/A.B/c/d')]`, `The template language function 'reference' needs the API version of '/subscriptions/s/resourceGroups/rg/providers/A.B/c/d', which is not in the template, as its second parameter`},
	{`[listKeys('x')]`, `Unable to evaluate template language function 'listKeys': function requires 2 to 3 argument(s) while 1 were provided`},
	{`[replace('a','','b')]`, `The template language function 'replace' expects its second parameter not to be empty`},
	{`[replace(1,'a','b')]`, `The template language function 'replace' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[resourceGroup(1)]`, `Unable to evaluate template language function 'resourceGroup': function requires 0 argument(s) while 1 were provided`},
	{`[resourceInfo('x')]`, `The template resource reference 'x' is not valid: no resource of that name is defined in the template, and it is no resource ID`},
	{`[roleDefinitions('Nobody')]`, `The role definition 'Nobody' is not known`},
	{`[shallowMerge(1)]`, `The template language function 'shallowMerge' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[shallowMerge(createArray(1))]`, `The template language function 'shallowMerge' expects the items of its array to be objects. Item 0 is of type 'Integer'`},
	{`[skip(1,1)]`, `The template language function 'skip' expects its parameter at position 1 to be of type 'String, Array'. The provided value is of type 'Integer'`},
	{`[sort(1, lambda('a','b',true()))]`, `The template language function 'sort' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[sort(createArray(1,2), lambda('a','b',1))]`, `The template language function 'sort' expects its lambda to give a boolean, not a value of type 'Integer'`},
	{`[split(1,',')]`, `The template language function 'split' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[startsWith('a',1)]`, `The template language function 'startsWith' expects its parameter at position 2 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[string()]`, `Unable to evaluate template language function 'string': function requires 1 argument(s) while 0 were provided`},
	{`[sub(1)]`, `Unable to evaluate template language function 'sub': function requires 2 argument(s) while 1 were provided`},
	{`[subscription(1)]`, `Unable to evaluate template language function 'subscription': function requires 0 argument(s) while 1 were provided`},
	{`[subscriptionResourceId('x')]`, `Unable to evaluate template language function 'subscriptionResourceId': function requires at least 2 argument(s) while 1 were provided`},
	{`[take('a','b')]`, `The template language function 'take' expects its parameter at position 2 to be of type 'Integer'. The provided value is of type 'String'`},
	{`[tenant(1)]`, `Unable to evaluate template language function 'tenant': function requires 0 argument(s) while 1 were provided`},
	{`[tenantResourceId('x','y')]`, `The template language function 'tenantResourceId' parameters are not valid: 'x' is no fully qualified resource type`},
	{`[toLogicalZone('s','l')]`, `Unable to evaluate template language function 'toLogicalZone': function requires 3 argument(s) while 2 were provided`},
	{`[toLogicalZone('s','l',1)]`, `The template language function 'toLogicalZone' expects its parameter at position 3 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[toLogicalZones('s','l','x')]`, `The template language function 'toLogicalZones' expects its parameter at position 3 to be of type 'Array'. The provided value is of type 'String'`},
	{`[toPhysicalZone('s','l',1)]`, `The template language function 'toPhysicalZone' expects its parameter at position 3 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[toPhysicalZones('s','l',1)]`, `The template language function 'toPhysicalZones' expects its parameter at position 3 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[toObject(1, lambda('x','a'))]`, `The template language function 'toObject' expects its parameter at position 1 to be of type 'Array'. The provided value is of type 'Integer'`},
	{`[toObject(createArray(1), lambda('x',1))]`, `The template language function 'toObject' expects its lambda to give a string, not a value of type 'Integer'`},
	{`[toUpper(1)]`, `The template language function 'toUpper' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[trim(1)]`, `The template language function 'trim' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[tryGet('x','y')]`, `The language expression property 'y' can't be evaluated: the value is of type 'String', neither an object nor an array`},
	{`[tryGet(createObject('a',1),'a','b')]`, `The language expression property 'b' can't be evaluated: the value is of type 'Integer', neither an object nor an array`},
	{`[union(createArray(1), createObject())]`, `The template language function 'union' expects its parameter at position 2 to be of type 'Array, Object'. The provided value is of type 'Object'`},
	{`[union(1,2)]`, `The template language function 'union' expects its parameter at position 1 to be of type 'Array, Object'. The provided value is of type 'Integer'`},
	{`[uniqueString()]`, `Unable to evaluate template language function 'uniqueString': function requires at least 1 argument(s) while 0 were provided`},
	{`[uri(1,'a')]`, `The template language function 'uri' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[uri('nope','a')]`, `The template language function 'uri' expects its first parameter to be an absolute URI. The provided value is 'nope'`},
	{`[uriComponent(1)]`, `The template language function 'uriComponent' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[uriComponentToString(1)]`, `The template language function 'uriComponentToString' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[listKeys('x','2020-01-01')]`, `The template resource reference 'x' is not valid: no resource of that name is defined in the template, and it is no resource ID`},
	{`[sub(-9223372036854775808, 1)]`, `The template language function 'sub' gives a number that does not fit into 64 bits, for '-9223372036854775808' and '1'`},
	{`[mul(9223372036854775807, 2)]`, `The template language function 'mul' gives a number that does not fit into 64 bits, for '9223372036854775807' and '2'`},
	{`[int(createArray())]`, `The template language function 'int' expects its parameter at position 1 to be of type 'String, Integer'. The provided value is of type 'Array'`},
	{`[int('9223372036854775808')]`, `The template language function 'int' can't convert the value '9223372036854775808' to an integer`},
	{`[int('4.5')]`, `The template language function 'int' can't convert the value '4.5' to an integer`},
	{`[true(1)]`, `Unable to evaluate template language function 'true': function requires 0 argument(s) while 1 were provided`},
	{`[not(1)]`, `The template language function 'not' expects its parameter at position 1 to be of type 'Boolean'. The provided value is of type 'Integer'`},
	{`[range(1,-1)]`, `The template language function 'range' expects its second parameter to be between 0 and 10000. The provided value is '-1'`},
	{`[copyIndex('x')]`, `The template function 'copyIndex' is not expected at this location`},
	{`[newGuid(1)]`, `Unable to evaluate template language function 'newGuid': function requires 0 argument(s) while 1 were provided`},
	{`[utcNow('q', 1)]`, `Unable to evaluate template language function 'utcNow': function requires 0 to 1 argument(s) while 2 were provided`},
	{`[toLower(null())]`, `The template language function 'toLower' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Null'`},
	{`[json(1)]`, `The template language function 'json' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[json('')]`, `The template language function 'json' parameter is not valid JSON: Unexpected end of content. Path '', line 1, position 1`},
	{`[fail()]`, `Unable to evaluate template language function 'fail': function requires 1 argument(s) while 0 were provided`},
	{`[lambdaVariables('q')]`, `The template lambda variable 'q' is not found`},
	{`[if(true())]`, `Unable to evaluate template language function 'if': function requires 3 argument(s) while 1 were provided`},
	{`[cidrSubnet('10.0.0.0/24', 26, 4)]`, `The template language function 'cidrSubnet' expects its third parameter to be between 0 and 4 less one. The provided value is '4'`},
	{`[padLeft('a', 3, 'ab')]`, `The template language function 'padLeft' expects its third parameter to be one character. The provided value is 'ab'`},
	{`[concat('a', createArray())]`, `The template language function 'concat' expects its parameter at position 2 to be of type 'String, Array'. The provided value is of type 'Array'`},
	{`[concat()]`, `Unable to evaluate template language function 'concat': function requires at least 1 argument(s) while 0 were provided`},
	{`[contains(1,1)]`, `The template language function 'contains' expects its parameter at position 1 to be of type 'String, Array, Object'. The provided value is of type 'Integer'`},
	{`[createObject(1,2)]`, `The template language function 'createObject' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[substring('abc', -1)]`, `The template language function 'substring' parameters are invalid: The index and length parameters must refer to a location within the string. The index parameter: '-1', the length parameter: '4', the length of the string parameter: '3'`},
	{`[substring('abc', 4)]`, `The template language function 'substring' parameters are invalid: The index and length parameters must refer to a location within the string. The index parameter: '4', the length parameter: '-1', the length of the string parameter: '3'`},
	{`[format(1)]`, `The template language function 'format' expects its parameter at position 1 to be of type 'String'. The provided value is of type 'Integer'`},
	{`[format('{x}')]`, `The template language function 'format' has a format string with the item '{x}', which does not begin with an index`},
	{`[div('a',1)]`, `The template language function 'div' expects its parameter at position 1 to be of type 'Integer'. The provided value is of type 'String'`},
}

func TestEachFunctionsErrors(t *testing.T) {
	for _, c := range functionErrors {
		got, err := evaluate(t, c.expression)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %s %v\nwant %s", c.expression, encode(got), err, c.want)
		}
	}
}

// TestEveryFunctionIsTested: each has an example of a value and of an error. What needs a plan or a parameter has its
// values elsewhere.
func TestEveryFunctionIsTested(t *testing.T) {
	source, err := os.ReadFile("eval_test.go")
	if err != nil {
		t.Fatal(err)
	}
	values, failures, _ := strings.Cut(string(source), "func TestFunctionErrors")
	for _, c := range functionValues {
		values += c.expression
	}
	for _, c := range functionErrors {
		failures += c.expression
	}
	inPlans := []string{"copyindex", "externalinputs", "list*", "newguid", "reference", "references", "resourceinfo", "target"}
	for name := range newFunctions() {
		call := regexp.MustCompile(`(?i)\b` + regexp.QuoteMeta(strings.TrimSuffix(name, "*")) + `\w*\(`)
		if !call.MatchString(values) && !slices.Contains(inPlans, name) {
			t.Errorf("no test has a value of %s()", name)
		}
		if !call.MatchString(failures) {
			t.Errorf("no test has an error of %s()", name)
		}
	}
}
