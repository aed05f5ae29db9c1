package template

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"gatehouse/internal/resourceid"
)

// example is one of Microsoft's reference pages: the call and what the page says it gives.
type example struct{ expression, want string }

const (
	dogs = `json('[{"name":"Evie","age":5,"interests":["Ball","Frisbee"]},{"name":"Casper","age":3,"interests":["Other dogs"]},{"name":"Indy","age":2,"interests":["Butter"]},{"name":"Kira","age":8,"interests":["Rubs"]}]')`
	evie = `{"name":"Evie","age":5,"interests":["Ball","Frisbee"]}`
	casp = `{"name":"Casper","age":3,"interests":["Other dogs"]}`
	indy = `{"name":"Indy","age":2,"interests":["Butter"]}`
	kira = `{"name":"Kira","age":8,"interests":["Rubs"]}`

	abc        = `json('{"one":"a","two":"b","three":"c"}')`
	oneTwo3    = `createArray('one','two','three')`
	nulls      = `json('{"null1":null,"null2":null,"string":"default","int":1,"object":{"first":"default"},"array":[1]}')`
	entities   = `json('{"item002":{"enabled":false,"number":200},"item001":{"enabled":true,"number":300}}')`
	deepFirst  = `json('{"property":{"one":"a","two":"b","three":"c1"},"nestedArray":[1,2]}')`
	deepSecond = `json('{"property":{"three":"c2","four":"d","five":"e"},"nestedArray":[3,4]}')`
)

// pages are the examples of each page of https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions
// and, for functions that only the language's pages describe, of https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions.
var pages = map[string][]example{
	"array": {
		{`array(1)`, `[1]`}, {`array('efgh')`, `["efgh"]`}, {`array(createObject('a','b','c','d'))`, `[{"a":"b","c":"d"}]`},
		{`concat(createArray('1-1','1-2','1-3'), createArray('2-1','2-2','2-3'))`, `["1-1","1-2","1-3","2-1","2-2","2-3"]`},
		{`contains('OneTwoThree', 'e')`, `true`}, {`contains('OneTwoThree', 'z')`, `false`}, {`contains(` + abc + `, 'one')`, `true`}, {`contains(` + abc + `, 'a')`, `false`},
		{`contains(` + oneTwo3 + `, 'three')`, `true`}, {`contains(` + oneTwo3 + `, 'four')`, `false`},
		{`createArray('a','b','c')`, `["a","b","c"]`}, {`createArray(1,2,3)`, `[1,2,3]`}, {`createArray(` + oneTwo3 + `)`, `[["one","two","three"]]`}, {`createArray()`, `[]`},
		{`empty(createArray())`, `true`}, {`empty(createObject())`, `true`}, {`empty('')`, `true`},
		{`first(` + oneTwo3 + `)`, `"one"`}, {`first('One Two Three')`, `"O"`}, {`last(` + oneTwo3 + `)`, `"three"`}, {`last('One Two Three')`, `"e"`},
		{`indexOf(createArray('one','two','three'), 'two')`, `1`}, {`indexOf(createArray(4,5,6), 6)`, `2`}, {`lastIndexOf(createArray('one','two','one'), 'one')`, `2`},
		{`indexOf(createArray(createArray('a'),createArray('b')), createArray('b'))`, `1`}, {`indexOf(` + oneTwo3 + `, 'ONE')`, `-1`},
		{`intersection(` + abc + `, createObject('one','a','two','z','three','c'))`, `{"one":"a","three":"c"}`}, {`intersection(` + oneTwo3 + `, createArray('two','three'))`, `["two","three"]`},
		{`length(` + oneTwo3 + `)`, `3`}, {`length('One Two Three')`, `13`}, {`length(json('{"propA":"one","propB":"two","propC":"three","propD":{"propD-1":"sub","propD-2":"sub"}}'))`, `4`},
		{`max(createArray(0,3,2,5,4))`, `5`}, {`max(0,3,2,5,4)`, `5`}, {`min(createArray(0,3,2,5,4))`, `0`}, {`min(0,3,2,5,4)`, `0`},
		{`range(5,3)`, `[5,6,7]`}, {`range(0,0)`, `[]`}, {`length(range(0,10000))`, `10000`}, {`first(range(2147473647,10000))`, `2147473647`},
		{`skip(` + oneTwo3 + `, 2)`, `["three"]`}, {`skip('one two three', 4)`, `"two three"`}, {`skip(` + oneTwo3 + `, 0)`, `["one","two","three"]`}, {`skip(` + oneTwo3 + `, -3)`, `["one","two","three"]`}, {`skip(` + oneTwo3 + `, 9)`, `[]`},
		{`take(` + oneTwo3 + `, 2)`, `["one","two"]`}, {`take('one two three', 2)`, `"on"`}, {`take(` + oneTwo3 + `, 0)`, `[]`}, {`take(` + oneTwo3 + `, -3)`, `[]`}, {`take(` + oneTwo3 + `, 9)`, `["one","two","three"]`},
		{`union(json('{"one":"a","two":"b","three":"c1"}'), json('{"three":"c2","four":"d","five":"e"}'))`, `{"one":"a","two":"b","three":"c2","four":"d","five":"e"}`},
		{`union(` + oneTwo3 + `, createArray('three','four'))`, `["one","two","three","four"]`}, {`flatten(createArray(createArray('one','two'), createArray('three'), createArray('four','five')))`, `["one","two","three","four","five"]`},
		{`indexFromEnd(createArray('a','b','c'), 1)`, `"c"`}, {`tryIndexFromEnd(createArray('a','b','c'), 4)`, `null`}, {`tryIndexFromEnd(createArray('a'), 0)`, `null`},
	},
	"cidr": {
		{`parseCidr('10.144.0.0/20')`, `{"network":"10.144.0.0","netmask":"255.255.240.0","broadcast":"10.144.15.255","firstUsable":"10.144.0.1","lastUsable":"10.144.15.254","cidr":20}`},
		{`parseCidr('fdad:3236:5555::/48')`, `{"network":"fdad:3236:5555::","netmask":"ffff:ffff:ffff::","firstUsable":"fdad:3236:5555::","lastUsable":"fdad:3236:5555:ffff:ffff:ffff:ffff:ffff","cidr":48}`},
		{`map(range(0,5), lambda('i', cidrSubnet('10.144.0.0/20', 24, lambdaVariables('i'))))`, `["10.144.0.0/24","10.144.1.0/24","10.144.2.0/24","10.144.3.0/24","10.144.4.0/24"]`},
		{`map(range(0,5), lambda('i', cidrSubnet('fdad:3236:5555::/48', 52, lambdaVariables('i'))))`, `["fdad:3236:5555::/52","fdad:3236:5555:1000::/52","fdad:3236:5555:2000::/52","fdad:3236:5555:3000::/52","fdad:3236:5555:4000::/52"]`},
		{`map(range(0,5), lambda('i', cidrHost('10.144.3.0/24', lambdaVariables('i'))))`, `["10.144.3.1","10.144.3.2","10.144.3.3","10.144.3.4","10.144.3.5"]`},
		{`map(range(0,5), lambda('i', cidrHost('fdad:3236:5555:3000::/52', lambdaVariables('i'))))`, `["fdad:3236:5555:3000::1","fdad:3236:5555:3000::2","fdad:3236:5555:3000::3","fdad:3236:5555:3000::4","fdad:3236:5555:3000::5"]`},
		{`cidrHost('192.168.1.0/24', 0)`, `"192.168.1.1"`}, {`cidrHost('192.168.1.0/24', 253)`, `"192.168.1.254"`},
	},
	"comparison": {
		{`coalesce(` + nulls + `.null1, ` + nulls + `.null2, ` + nulls + `.string)`, `"default"`}, {`coalesce(` + nulls + `.null1, ` + nulls + `.int)`, `1`},
		{`coalesce(` + nulls + `.null1, ` + nulls + `.object)`, `{"first":"default"}`}, {`coalesce(` + nulls + `.null1, ` + nulls + `.array)`, `[1]`}, {`empty(coalesce(` + nulls + `.null1, ` + nulls + `.null2))`, `true`},
		{`coalesce('', 'x')`, `""`}, {`coalesce(createArray(), 'x')`, `[]`}, {`coalesce(createObject(), 'x')`, `{}`},
		{`equals(1, 1)`, `true`}, {`equals('a', 'a')`, `true`}, {`equals(createArray('a','b'), createArray('a','b'))`, `true`}, {`equals(createObject('a','b'), createObject('a','b'))`, `true`}, {`not(equals(1, 2))`, `true`},
		// texts are ordered as people do: a before A, and both before b
		{`greater(1, 2)`, `false`}, {`greater('A', 'a')`, `true`}, {`greaterOrEquals(1, 2)`, `false`}, {`greaterOrEquals('A', 'a')`, `true`},
		{`less(1, 2)`, `true`}, {`less('A', 'a')`, `false`}, {`lessOrEquals(1, 2)`, `true`}, {`lessOrEquals('A', 'a')`, `false`}, {`less('a', 'B')`, `true`}, {`less('B', 'a')`, `false`}, {`greaterOrEquals('a', 'a')`, `true`}, {`less('é', 'f')`, `true`},
	},
	"date": {
		{`dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y')`, `"2023-04-07T14:53:14Z"`}, {`dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')`, `"2020-03-29T14:53:14Z"`}, {`dateTimeAdd('2020-04-07 14:53:14Z', 'PT1H')`, `"2020-04-07T15:53:14Z"`},
		{`dateTimeAdd('2020-04-07 14:53:14Z', 'P3Y', 'G')`, `"04/07/2023 14:53:14"`}, {`dateTimeAdd('2020-04-07 14:53:14Z', '-P1W2DT3H4M5.5S', 's')`, `"2020-03-29T11:49:08"`},
		{`dateTimeToEpoch(dateTimeAdd('2022-05-02T15:16:13Z', 'P1Y'))`, `1683040573`}, {`dateTimeFromEpoch(1683040573)`, `"2023-05-02T15:16:13Z"`},
	},
	"lambda": {
		{`filter(` + dogs + `, lambda('dog', greaterOrEquals(lambdaVariables('dog').age, 5)))`, `[` + evie + `,` + kira + `]`},
		{`filter(range(0,10), lambda('i', greater(lambdaVariables('i'), 5)))`, `[6,7,8,9]`}, {`filter(range(0,10), lambda('i', equals(0, mod(lambdaVariables('i'), 2))))`, `[0,2,4,6,8]`},
		{`groupBy(` + dogs + `, lambda('dog', if(less(lambdaVariables('dog').age, 5), 'young', 'old')))`, `{"old":[` + evie + `,` + kira + `],"young":[` + casp + `,` + indy + `]}`},
		{`map(` + dogs + `, lambda('dog', lambdaVariables('dog').name))`, `["Evie","Casper","Indy","Kira"]`}, {`map(` + dogs + `, lambda('dog', format('Hello {0}!', lambdaVariables('dog').name)))`, `["Hello Evie!","Hello Casper!","Hello Indy!","Hello Kira!"]`},
		{`map(range(0,2), lambda('i', createObject('i', lambdaVariables('i'), 'dog', ` + dogs + `[lambdaVariables('i')].name, 'greeting', format('Ahoy, {0}!', ` + dogs + `[lambdaVariables('i')].name))))`, `[{"i":0,"dog":"Evie","greeting":"Ahoy, Evie!"},{"i":1,"dog":"Casper","greeting":"Ahoy, Casper!"}]`},
		{`mapValues(createObject('foo','foo','bar','bar'), lambda('v', toUpper(lambdaVariables('v'))))`, `{"foo":"FOO","bar":"BAR"}`},
		{`reduce(map(` + dogs + `, lambda('dog', lambdaVariables('dog').age)), 0, lambda('cur','next', add(lambdaVariables('cur'), lambdaVariables('next'))))`, `18`},
		{`reduce(map(` + dogs + `, lambda('dog', lambdaVariables('dog').age)), 1, lambda('cur','next', add(lambdaVariables('cur'), lambdaVariables('next'))))`, `19`},
		{`reduce(createArray(createObject('foo',123), createObject('bar',456), createObject('baz',789)), createObject(), lambda('cur','next', union(lambdaVariables('cur'), lambdaVariables('next'))))`, `{"foo":123,"bar":456,"baz":789}`},
		{`sort(` + dogs + `, lambda('a','b', less(lambdaVariables('a').age, lambdaVariables('b').age)))`, `[` + indy + `,` + casp + `,` + evie + `,` + kira + `]`},
		{`toObject(` + dogs + `, lambda('entry', lambdaVariables('entry').name))`, `{"Evie":` + evie + `,"Casper":` + casp + `,"Indy":` + indy + `,"Kira":` + kira + `}`},
		{`toObject(` + dogs + `, lambda('entry', lambdaVariables('entry').name), lambda('entry', lambdaVariables('entry').age))`, `{"Evie":5,"Casper":3,"Indy":2,"Kira":8}`},
		{`toObject(createArray('a','A'), lambda('x', lambdaVariables('x')), lambda('x', lambdaVariables('x')))`, `{"a":"A"}`}, // names do not differ in case alone: the last wins
	},
	"logical": {
		{`and(bool('true'), bool('false'))`, `false`}, {`or(bool('true'), bool('false'))`, `true`}, {`not(bool('true'))`, `false`}, {`and(true(), true(), true())`, `true`}, {`or(false(), false(), false())`, `false`},
		{`bool('true')`, `true`}, {`bool('false')`, `false`}, {`bool(1)`, `true`}, {`bool(0)`, `false`}, {`true()`, `true`}, {`false()`, `false`},
		{`if(equals('a','a'), 'yes', 'no')`, `"yes"`}, {`if(equals('a','b'), 'yes', 'no')`, `"no"`}, {`if(equals('a','a'), json('{"test":"value1"}'), json('null'))`, `{"test":"value1"}`},
		{`if(false(), json('nonsense'), 'only what is needed')`, `"only what is needed"`},
	},
	"numeric": {
		{`add(5, 3)`, `8`}, {`sub(7, 3)`, `4`}, {`mul(5, 3)`, `15`}, {`div(8, 3)`, `2`}, {`mod(7, 3)`, `1`}, {`int('4')`, `4`}, {`float('3.0')`, `3.0`}, {`float(3)`, `3.0`},
	},
	"object": {
		{`createObject('intProp', 1, 'stringProp', 'abc', 'boolProp', true(), 'arrayProp', createArray('a','b','c'), 'objectProp', createObject('key1','value1'))`, `{"intProp":1,"stringProp":"abc","boolProp":true,"arrayProp":["a","b","c"],"objectProp":{"key1":"value1"}}`},
		{`items(` + entities + `)`, `[{"key":"item001","value":{"enabled":true,"number":300}},{"key":"item002","value":{"enabled":false,"number":200}}]`},
		{`empty(json('null'))`, `true`}, {`json('{"a":"b"}')`, `{"a":"b"}`}, {`json('"test"')`, `"test"`}, {`json('true')`, `true`}, {`json('3')`, `3`}, {`json('[1,2,3]')`, `[1,2,3]`}, {`json(concat('{"a":"', 'demo value', '"}'))`, `{"a":"demo value"}`},
		{`empty(null())`, `true`}, {`objectKeys(json('{"b":1,"a":2}'))`, `["a","b"]`},
		{`union(` + deepFirst + `, ` + deepSecond + `)`, `{"property":{"one":"a","two":"b","three":"c2","four":"d","five":"e"},"nestedArray":[3,4]}`},
		{`shallowMerge(createArray(` + deepFirst + `, ` + deepSecond + `))`, `{"property":{"three":"c2","four":"d","five":"e"},"nestedArray":[3,4]}`},
		{`union(createArray(createArray('one','two'), createArray('three')), createArray(createArray('three'), createArray('four','two')))`, `[["one","two"],["three"],["four","two"]]`},
	},
	"resource": {
		{`pickZones('Microsoft.Compute', 'virtualMachines', 'westus2')`, `["1"]`}, {`pickZones('Microsoft.Compute', 'virtualMachines', 'westus')`, `[]`}, {`pickZones('Microsoft.Cdn', 'profiles', 'westus2')`, `[]`}, {`pickZones('Microsoft.Compute', 'virtualMachines', 'West US 2', 3)`, `["1","2","3"]`},
		{`resourceId('Microsoft.Storage/storageAccounts', 'examplestorage')`, `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/examplestorage"`},
		{`resourceId('otherResourceGroup', 'Microsoft.Storage/storageAccounts', 'examplestorage')`, `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/otherResourceGroup/providers/Microsoft.Storage/storageAccounts/examplestorage"`},
		{`resourceId('11111111-1111-1111-1111-111111111111', 'otherResourceGroup', 'Microsoft.Storage/storageAccounts', 'examplestorage')`, `"/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/otherResourceGroup/providers/Microsoft.Storage/storageAccounts/examplestorage"`},
		{`resourceId('Microsoft.SQL/servers/databases', 'serverName', 'databaseName')`, `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.SQL/servers/serverName/databases/databaseName"`},
		{`resourceId('Microsoft.ServiceBus/namespaces/queues/authorizationRules', 'namespace1', 'queue1', 'auth1')`, `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.ServiceBus/namespaces/namespace1/queues/queue1/authorizationRules/auth1"`},
		{`extensionResourceId(resourceGroup().id, 'Microsoft.Authorization/locks', 'lockname')`, `"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg/providers/Microsoft.Authorization/locks/lockname"`},
	},
	"string": {
		{`base64('one, two, three')`, `"b25lLCB0d28sIHRocmVl"`}, {`base64ToString(base64('one, two, three'))`, `"one, two, three"`}, {`base64ToJson(base64('{"one":"a","two":"b"}'))`, `{"one":"a","two":"b"}`},
		{`dataUri('Hello')`, `"data:text/plain;charset=utf8;base64,SGVsbG8="`}, {`dataUriToString('data:;base64,SGVsbG8sIFdvcmxkIQ==')`, `"Hello, World!"`},
		{`startsWith('abcdef', 'ab')`, `true`}, {`startsWith('abcdef', 'A')`, `true`}, {`startsWith('abcdef', 'e')`, `false`}, {`endsWith('abcdef', 'ef')`, `true`}, {`endsWith('abcdef', 'F')`, `true`}, {`endsWith('abcdef', 'e')`, `false`},
		{`format('{0}, {1}. Formatted number: {2:N0}', 'Hello', 'User', 8175133)`, `"Hello, User. Formatted number: 8,175,133"`},
		{`indexOf('test', 't')`, `0`}, {`lastIndexOf('test', 't')`, `3`}, {`indexOf('abcdef', 'CD')`, `2`}, {`lastIndexOf('abcdef', 'AB')`, `0`}, {`indexOf('abcdef', 'z')`, `-1`},
		{`join(createArray('one','two','three'), ',')`, `"one,two,three"`}, {`join(createArray('one','two','three'), ';')`, `"one;two;three"`},
		{`padLeft('123', 10, '0')`, `"0000000123"`}, {`replace('123-123-1234', '-', '')`, `"1231231234"`}, {`replace('123-123-1234', '1234', 'xxxx')`, `"123-123-xxxx"`},
		{`split('one,two,three', ',')`, `["one","two","three"]`}, {`split('one;two,three', createArray(',', ';'))`, `["one","two","three"]`},
		{`string(createObject('valueA', 10, 'valueB', 'Example Text'))`, `"{\"valueA\":10,\"valueB\":\"Example Text\"}"`}, {`string(createArray('a','b','c'))`, `"[\"a\",\"b\",\"c\"]"`}, {`string(5)`, `"5"`},
		{`substring('one two three', 4, 3)`, `"two"`}, {`toLower('One Two Three')`, `"one two three"`}, {`toUpper('One Two Three')`, `"ONE TWO THREE"`}, {`trim('    one two three   ')`, `"one two three"`},
		{`length(uniqueString('a'))`, `13`}, {`length(guid('a'))`, `36`}, {`toLower(guid('A'))`, `"` + GUID("A") + `"`},
		{`uri('http://contoso.org/firstpath', 'myscript.sh')`, `"http://contoso.org/myscript.sh"`}, {`uri('http://contoso.org/firstpath/', 'myscript.sh')`, `"http://contoso.org/firstpath/myscript.sh"`},
		{`uri('http://contoso.org/firstpath/azuredeploy.json', 'myscript.sh')`, `"http://contoso.org/firstpath/myscript.sh"`}, {`uri('http://contoso.org/firstpath/azuredeploy.json/', 'myscript.sh')`, `"http://contoso.org/firstpath/azuredeploy.json/myscript.sh"`}, {`uri('http://contoso.org', 'myscript.sh')`, `"http://contoso.org/myscript.sh"`},
		{`uri('http://contoso.com/resources/', 'nested/azuredeploy.json')`, `"http://contoso.com/resources/nested/azuredeploy.json"`}, {`uriComponent('http://contoso.com/resources/nested/azuredeploy.json')`, `"http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json"`},
		{`uriComponentToString('http%3A%2F%2Fcontoso.com%2Fresources%2Fnested%2Fazuredeploy.json')`, `"http://contoso.com/resources/nested/azuredeploy.json"`},
		// composite formatting, as System.String.Format has it
		{`format('[{0,8}|{0,-8}|{0,2}]', 'abc')`, `"[     abc|abc     |abc]"`}, {`format('{0:D8} {0:N} {0:n1} {0:F3} {0:x4} {0:X}', 255)`, `"00000255 255.00 255.0 255.000 00ff FF"`},
		{`format('{0:#,##0.00;(#,##0.00);zero}', -1234)`, `"(1,234.00)"`}, {`format('{0:#,##0.00;(#,##0.00);zero}', 0)`, `"zero"`}, {`format('{0,10:N0}|', 1234567)`, `" 1,234,567|"`}, {`format('{0} {1}', true(), false())`, `"True False"`},
	},
}

func TestPages(t *testing.T) {
	for page, examples := range pages {
		for _, x := range examples {
			got, err := evaluate(t, "["+x.expression+"]")
			if err != nil {
				t.Errorf("%s: %s: %v", page, x.expression, err)
				continue
			}
			var want any
			if err := json.Unmarshal([]byte(x.want), &want); err != nil {
				t.Fatal(x.want, err)
			}
			if !sameJSON(got, want) {
				t.Errorf("%s: %s:\ngot  %s\nwant %s", page, x.expression, encode(got), x.want)
			}
		}
	}
}

// TestScopePage is the page of scope functions: what each gives, and where it is refused.
func TestScopePage(t *testing.T) {
	const sub = "/subscriptions/00000000-0000-0000-0000-00000000000a"
	group, subscription := sub+"/resourceGroups/rg", sub
	const management, tenant = "/providers/Microsoft.Management/managementGroups/examplemg1", "/"
	for _, c := range []struct{ scope, expression, want string }{
		{group, "resourceGroup()", `{"id":"` + group + `","name":"rg","type":"Microsoft.Resources/resourceGroups"}`},
		{group, "subscription()", `{"id":"` + sub + `","subscriptionId":"00000000-0000-0000-0000-00000000000a","tenantId":"t-1"}`},
		{group, "tenant()", `{"id":"/tenants/t-1","tenantId":"t-1","countryCode":"","displayName":""}`},
		{group, "managementGroup()", "error: The template function 'MANAGEMENTGROUP' is not expected at this location"},
		{subscription, "resourceGroup()", "error: The template function 'RESOURCEGROUP' is not expected at this location"},
		{subscription, "subscription().subscriptionId", `"00000000-0000-0000-0000-00000000000a"`},
		{management, "managementGroup()", `{"id":"` + management + `","name":"examplemg1","type":"/providers/Microsoft.Management/managementGroups"}`},
		{management, "subscription()", "error: The template function 'SUBSCRIPTION' is not expected at this location"},
		{tenant, "tenant().tenantId", `"t-1"`},
		{tenant, "resourceGroup()", "error: The template function 'RESOURCEGROUP' is not expected at this location"},
		// resourceId differs by scope; outside of subscriptions it is a tenant's
		{subscription, "resourceId('Microsoft.Authorization/locks', 'l')", `"` + sub + `/providers/Microsoft.Authorization/locks/l"`},
		{management, "resourceId('Microsoft.Authorization/locks', 'l')", `"/providers/Microsoft.Authorization/locks/l"`},
		{tenant, "resourceId('Microsoft.Authorization/locks', 'l')", `"/providers/Microsoft.Authorization/locks/l"`},
		{management, "managementGroupResourceId('Microsoft.Authorization/policyDefinitions', 'p')", `"` + management + `/providers/Microsoft.Authorization/policyDefinitions/p"`},
		{management, "tenantResourceId('Microsoft.Management/managementGroups', 'mg')", `"/providers/Microsoft.Management/managementGroups/mg"`},
		{management, "deployment().location", `"westeurope"`},
		{group, "contains(deployment(), 'location')", `false`},
	} {
		got, err := evaluateAt(c.scope, "["+c.expression+"]")
		if message, fails := strings.CutPrefix(c.want, "error: "); fails {
			if err == nil || !strings.Contains(err.Error(), message) {
				t.Errorf("%s at %s: %s %v, want %s", c.expression, c.scope, encode(got), err, message)
			}
			continue
		}
		if err != nil || !sameJSON(got, To(must(t, c.want))) {
			t.Errorf("%s at %s:\ngot  %s %v\nwant %s", c.expression, c.scope, encode(got), err, c.want)
		}
	}
}

func must(t *testing.T, text string) any {
	v, err := readJSON("want", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// evaluateAt runs an expression as the output of a deployment at a scope.
func evaluateAt(scope, expression string) (any, error) {
	quoted, _ := json.Marshal(expression)
	tmpl, err := Parse("test.json", []byte(`{"$schema":"s","contentVersion":"1.0.0.0","resources":[],"outputs":{"o":{"type":"object","value":{"v":`+string(quoted)+`}}}}`))
	if err != nil {
		return nil, err
	}
	id := resourceid.ID{}
	if scope != "/" {
		id = resourceid.MustParse(scope)
	}
	p, err := tmpl.Plan(context.Background(), Input{Name: "main", Scope: id, Location: "westeurope", TenantID: "t-1"})
	if err != nil {
		return nil, err
	}
	out, err := p.Outputs(context.Background(), nil)
	if err != nil {
		return nil, err
	}
	return From(out[0].Value).(*Object).Value("v"), nil
}

// TestDeploymentPage: deployment() is what was asked for, with its template and hash, and without what is secure.
func TestDeploymentPage(t *testing.T) {
	const text = `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","parameters":{"p":{"type":"string"},"s":{"type":"securestring"}},"resources":[],"outputs":{"deploymentOutput":{"type":"object","value":"[deployment()]"}}}`
	tmpl, err := Parse("test.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := tmpl.Plan(t.Context(), Input{Name: "deployment", Scope: testScope, Base: "https://example.com/main.json?sig=hidden",
		Parameters: map[string]any{"p": map[string]any{"value": "x"}, "s": map[string]any{"value": "hunter-2"}}})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Outputs(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"name":"deployment","properties":{"templateLink":{"uri":"https://example.com/main.json"},"template":` + text + `,"templateHash":"` + tmpl.Hash() + `","parameters":{"p":{"value":"x"}},"mode":"Incremental","provisioningState":"Accepted"}}`
	if got := From(out[0].Value); !sameJSON(got, To(must(t, want))) {
		t.Errorf("got  %s\nwant %s", encode(got), want)
	}
}
