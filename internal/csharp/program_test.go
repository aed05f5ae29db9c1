package csharp

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/csharp/host"
	"gatehouse/internal/csharp/types"
)

// exchange is a host.Context for tests: the parts that a case does not need are nil.
type exchange struct {
	host.Context
	req  request
	resp *response
	vars variables
}

func (e *exchange) Request() host.Request { return &e.req }
func (e *exchange) Response() host.Response {
	if e.resp == nil {
		return nil
	}
	return e.resp
}
func (e *exchange) Variables() host.Variables { return &e.vars }
func (e *exchange) User() host.User           { return nil }
func (e *exchange) Product() host.Product     { return nil }
func (e *exchange) LastError() host.LastError { return nil }
func (e *exchange) Timestamp() time.Time      { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }
func (e *exchange) RequestID() string         { return "12345678-1234-1234-1234-123456789abc" }
func (e *exchange) Trace(string, string)      {}

func (e *exchange) API() host.API                   { return &resource{} }
func (e *exchange) Operation() host.Operation       { return &resource{} }
func (e *exchange) Deployment() host.Deployment     { return &resource{} }
func (e *exchange) Subscription() host.Subscription { return &resource{} }
func (e *exchange) Tracing() bool                   { return false }

// resource is every resource that context shows.
type resource struct{}

func (*resource) ID() string              { return "orders" }
func (*resource) Name() string            { return "Orders" }
func (*resource) Path() string            { return "orders" }
func (*resource) Revision() string        { return "1" }
func (*resource) Version() string         { return "" }
func (*resource) IsCurrentRevision() bool { return true }
func (*resource) ServiceURL() host.URL    { return &address{} }
func (*resource) Protocols() []string     { return []string{"https"} }
func (*resource) SubscriptionKeyNames() (header, query string) {
	return "Ocp-Apim-Subscription-Key", "subscription-key"
}
func (*resource) Method() string                       { return "GET" }
func (*resource) URLTemplate() string                  { return "/resource" }
func (*resource) GatewayID() string                    { return "managed" }
func (*resource) Region() string                       { return "West Europe" }
func (*resource) ServiceID() string                    { return "contoso" }
func (*resource) ServiceName() string                  { return "contoso" }
func (*resource) Certificate(string) *x509.Certificate { return nil }
func (*resource) CertificateIDs() []string             { return nil }
func (*resource) Key() string                          { return "key" }
func (*resource) PrimaryKey() string                   { return "key" }
func (*resource) SecondaryKey() string                 { return "key2" }
func (*resource) CreatedDate() time.Time               { return time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC) }
func (*resource) StartDate() time.Time                 { return time.Time{} }
func (*resource) EndDate() time.Time                   { return time.Time{} }

type request struct {
	headers fields
	body    body
}

func (r *request) Headers() host.Fields           { return &r.headers }
func (r *request) Method() string                 { return "GET" }
func (r *request) IPAddress() string              { return "192.0.2.1" }
func (r *request) MatchedParameters() host.Fields { return &fields{{"id", "42"}} }
func (r *request) URL() host.URL                  { return &address{} }
func (r *request) OriginalURL() host.URL          { return &address{} }
func (r *request) Certificate() *x509.Certificate { return nil }
func (r *request) Body() host.Body {
	if r.body == "" {
		return nil
	}
	return &r.body
}

type response struct {
	status  int
	headers fields
	body    body
}

func (r *response) Headers() host.Fields { return &r.headers }
func (r *response) StatusCode() int      { return r.status }
func (r *response) StatusReason() string { return "OK" }
func (r *response) Body() host.Body      { return &r.body }

type body string

func (b *body) Read(bool) (string, error) { return string(*b), nil }

type fields [][2]string

func (f *fields) Get(name string) (string, bool) {
	for _, p := range *f {
		if strings.EqualFold(p[0], name) {
			return p[1], true
		}
	}
	return "", false
}
func (f *fields) Count() int                { return len(*f) }
func (f *fields) At(i int) (string, string) { return (*f)[i][0], (*f)[i][1] }

type address struct{}

func (*address) Scheme() string      { return "https" }
func (*address) Host() string        { return "contoso.azure-api.net" }
func (*address) Port() int           { return 443 }
func (*address) Path() string        { return "/echo/resource" }
func (*address) QueryString() string { return "?a=1&b=2&a=3" }
func (*address) Query() host.Fields  { return &fields{{"a", "1"}, {"b", "2"}, {"a", "3"}} }
func (a *address) String() string {
	return "https://contoso.azure-api.net" + a.Path() + a.QueryString()
}

type variables map[string]any

func (v *variables) Variable(name string) (any, bool) { x, ok := (*v)[name]; return x, ok }
func (v *variables) Names() (list []string) {
	for n := range *v {
		list = append(list, n)
	}
	return list
}

func newExchange() *exchange {
	return &exchange{req: request{headers: fields{{"X", "abc"}, {"Accept", "text/html, */*"}, {"X-Number", "17"}}, body: `{"a":{"b":[1,2,3]},"name":"Ann"}`},
		resp: &response{status: 200, headers: fields{{"Content-Type", "application/json"}}, body: `{"ok":true}`},
		vars: variables{"auth": types.Ref(&host.Authorization{AccessToken: "token", Claims: map[string]any{"sub": "ann"}}), "s": "text", "n": types.Int(5), "flag": true, "null": types.Null, "resp": &response{status: 404, body: "gone"}}}
}

// run gives the result's ToString, or the diagnostics, or the exception.
func run(t *testing.T, code string, limits types.Limits) string {
	t.Helper()
	kind := Expression
	if inner, ok := strings.CutPrefix(code, "{"); ok {
		kind, code = Block, strings.TrimSuffix(inner, "}")
	}
	p, diags := Compile(code, Options{Kind: kind, Limits: limits})
	if len(diags) > 0 {
		return strings.TrimSpace(diags.Text())
	}
	s, ok, err := p.RunString(&Frame{Context: newExchange()})
	switch {
	case err != nil:
		return "! " + err.Error()
	case !ok:
		return "null"
	}
	return s
}

func TestRun(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`1 + 2 * 3`, "7"}, {`(1 + 2) * 3`, "9"}, {`7 / 2`, "3"}, {`-7 / 2`, "-3"}, {`-7 % 3`, "-1"}, {`7.0 / 2`, "3.5"}, {`1 / 3.0`, "0.333333333333333"},
		{`int.MaxValue + context.Request.Method.Length - 3 + 1`, "-2147483648"}, {`2147483647L + 1`, "2147483648"}, {`1 << 3 | 1`, "9"}, {`-16 >> 2`, "-4"}, {`0xFF & 0x0F`, "15"},
		{`"a" + 1 + 2`, "a12"}, {`1 + 2 + "a"`, "3a"}, {`"a" + null + true`, "aTrue"}, {`'a' + 1`, "98"}, {`"" + 'a' + 1`, "a1"}, {`(char)('a' + 1)`, "b"},
		{`true && !false || false`, "True"}, {`1 < 2 ? "y" : "n"`, "y"}, {`null ?? "x"`, "x"}, {`(string)null ?? "x"`, "x"},
		{`"abc".Length`, "3"}, {`"abc"[1]`, "b"}, {`"a😀b".Length`, "4"}, {`"a😀b".Substring(3)`, "b"}, {`"abc".ToUpper().Substring(1, 2)`, "BC"},
		{`"a,b,,c".Split(',').Length`, "4"}, {`"a,b,,c".Split(new[] {','}, StringSplitOptions.RemoveEmptyEntries).Length`, "3"}, {`string.Join("-", "a b c".Split(' '))`, "a-b-c"},
		{`$"{1 + 1,4}|{3.14159:F2}|{"x",-3}|{{}}"`, "   2|3.14|x  |{}"}, {`$@"a""{1}\n"`, `a"1\n`}, {`string.Format("{0:D3}/{1}", 7, "x")`, "007/x"},
		{`@"c:\d""q"`, `c:\d"q`}, {`"\u0041\x42\t".Trim()`, "AB"},
		{`context.Request.Headers.GetValueOrDefault("X","") == "abc"`, "True"}, {`context.Request.Headers.GetValueOrDefault("none","d")`, "d"}, {`context.Request.Headers["x"][0]`, "abc"},
		{`context.Request.Headers.ContainsKey("ACCEPT")`, "True"}, {`context.Request.Headers["nope"]`, "! System.Collections.Generic.KeyNotFoundException: The given key was not present in the dictionary."},
		{`context.Request.MatchedParameters["id"]`, "42"}, {`context.Request.MatchedParameters.GetValueOrDefault("zz", "d")`, "d"}, {`context.Request.Url.Query.GetValueOrDefault("a")`, "1"}, {`context.Request.Url.Query["a"].Length`, "2"},
		{`context.Request.Url.ToString()`, "https://contoso.azure-api.net/echo/resource?a=1&b=2&a=3"},
		{`(string)context.Variables["s"]`, "text"}, {`(int)context.Variables["n"] + 1`, "6"}, {`context.Variables.GetValueOrDefault<int>("n")`, "5"}, {`context.Variables.GetValueOrDefault<string>("zz", "d")`, "d"},
		{`context.Variables.GetValueOrDefault("s", "d")`, "text"}, {`context.Variables.GetValueOrDefault<bool>("zz")`, "False"}, {`context.Variables.ContainsKey("s")`, "True"}, {`(int)context.Variables["s"]`, "! System.InvalidCastException: Specified cast is not valid."},
		{`((IResponse)context.Variables["resp"]).StatusCode`, "404"}, {`((IResponse)context.Variables["resp"]).Body.As<string>()`, "gone"}, {`context.Response.StatusCode == 200`, "True"},
		{`context.User == null`, "True"}, {`context.User?.Email ?? "anonymous"`, "anonymous"}, {`context.User.Email`, "! System.NullReferenceException: Object reference not set to an instance of an object."}, {`context.Product?.Name`, "null"},
		{`new int[] { 3, 1, 2 }.Length`, "3"}, {`new[] { 1.5, 2 }[1]`, "2"}, {`new string[2][1] == null`, "True"},
		{`context.Timestamp.Year`, "2024"}, {`typeof(string)`, "System.String"}, {`nameof(context.Request)`, "Request"}, {`default(int)`, "0"}, {`default(string)`, "null"},
		{`(1, "a").Item2`, "a"}, {`(x: 1, y: 2).y`, "2"}, {`new { A = 1, B = "x" }`, "{ A = 1, B = x }"}, {`new { A = 1 }.A`, "1"},
		{`((object)5) is int`, "True"}, {`((object)"s") is int`, "False"}, {`((object)"s") as string`, "s"}, {`((object)5) is int n && n > 4`, "True"},
		{`(int)3.99`, "3"}, {`unchecked((byte)300)`, "44"}, {`(long)1 + int.MaxValue`, "2147483648"}, {`1.0 / 0`, "Infinity"},
		{`int.Parse("x")`, "! System.FormatException: Input string was not in a correct format."}, {`int.Parse(" 12 ")`, "12"}, {`"5" == 5.ToString()`, "True"},
		{`int.TryParse("12", out var n) ? n : -1`, "12"}, {`int.TryParse("zz", out int n) ? n : -1`, "-1"},
		{`"a" == null`, "False"}, {`string.IsNullOrEmpty("") ? 1 : 0`, "1"}, {`"B".CompareTo("a") > 0`, "True"}, {`"abc".Equals("ABC", StringComparison.OrdinalIgnoreCase)`, "True"},
		{`new[] {1,2,3}.Where(x => x > 1).Select(x => x * 2).Sum()`, "10"}, {`new[] {"b","a"}.OrderBy(s => s).First()`, "a"}, {`"a=1&b=2".Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => p[1])["b"]`, "2"},
		{`new List<int> { 1, 2 }.Count`, "2"}, {`new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 }["b"]`, "2"}, {`new Dictionary<string, string> { { "a", "x" } }.ContainsKey("a")`, "True"}, {`string.Join(",", new List<string> { "a", "b" })`, "a,b"},
		{`"x".Any(c => char.IsDigit(c))`, "False"}, {`new[] {1,2}.Select((x, i) => x + i).Last()`, "3"}, {`Math.Max(1, 2L)`, "2"}, {`((int?)null).HasValue`, "False"}, {`((int?)3) + 1`, "4"}, {`((int?)null) + 1`, "null"}, {`((int?)null) < 1`, "False"},
		{`1.5m + 1`, "2.5"}, {`context.Api.ServiceUrl.Host + context.Operation.UrlTemplate`, "contoso.azure-api.net/resource"}, {`context.Subscription.EndDate == null`, "True"}, {`context.Subscription.CreatedDate < DateTime.UtcNow`, "True"},
		{`context.Api.SubscriptionKeyParameterNames.Header`, "Ocp-Apim-Subscription-Key"}, {`context.Api.Protocols.First()`, "https"}, {`"" + context.Request.Url`, "https://contoso.azure-api.net/echo/resource?a=1&b=2&a=3"}, {`context.Request.Headers.Count`, "3"},
		{`string.Join(";", context.Request.Headers.Select(h => h.Key + "=" + h.Value[0]))`, "X=abc;Accept=text/html, */*;X-Number=17"}, {`string.Join(",", context.Request.Url.Query.Keys)`, "a,b"},
		{`context.Request.Body.As<JObject>(true)["name"].ToString()`, "Ann"}, {`(string)context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"][1]`, "2"},
		{`new JObject(new JProperty("a", 1), new JProperty("b", new JArray("x", true))).ToString(Newtonsoft.Json.Formatting.None)`, `{"a":1,"b":["x",true]}`},
		{`(int)context.Request.Body.As<JObject>()["a"]["b"].Sum(x => (int)x)`, "6"}, {`context.Request.Body.As<JObject>().Value<string>("name")`, "Ann"}, {`context.Request.Body.As<JObject>()["zz"] == null`, "True"},
		{`context.Request.Body.As<JObject>()["zz"]["y"]`, "! System.NullReferenceException: Object reference not set to an instance of an object."}, {`context.Request.Body.As<JObject>()["zz"]?["y"]?.ToString() ?? "none"`, "none"},
		{`Convert.ToInt32("12") + Convert.ToInt32(true)`, "13"}, {`Regex.Match("max-age=60", @"max-age=(?<maxAge>\d+)").Groups["maxAge"]?.Value`, "60"}, {`Guid.Parse("12345678-1234-1234-1234-123456789abc").ToString("N").Length`, "32"}, {`context.RequestId.ToString()`, "12345678-1234-1234-1234-123456789abc"}, {`context.Request.Body.As<string>(preserveContent: true).Length`, "32"},
		{`new string(Enumerable.Repeat("ab", 3).Select(s => s[0]).ToArray())`, "aaa"}, {`new string(new[] {'a','b','c'}, 1, 2)`, "bc"}, {`new string("abc".ToCharArray(1, 2))`, "bc"},
		{`new JArray(1, 2).First().Value<int>()`, "1"}, {`JObject.Parse("{\"r\":[{\"a\":\"x\"}]}").Value<JArray>("r").First().Value<string>("a")`, "x"}, {`new JArray(1, 2).First.ToString()`, "1"},
		{`context.Variables.ContainsKey("s") != null`, "True"}, {`1 == null`, "False"}, {`DateTime.UtcNow == null`, "False"}, {`new KeyValuePair<string, int>("a", 1) == null`, "(1,1) : Error CS0019: Operator '==' cannot be applied to operands of type 'KeyValuePair<string, int>' and '<null>'"},
		{`context.Request.Url.ToUri().Authority + context.Request.OriginalUrl.ToUri().PathAndQuery`, "contoso.azure-api.net/echo/resource?a=1&b=2&a=3"},
		{`JsonConvert.DeserializeObject<IDictionary<string, string>>("{\"a\":\"x\"}").GetValueOrDefault("a", "") + new Dictionary<string, int> { ["a"] = 1 }.GetValueOrDefault("b", 7)`, "x7"},
		{`((Authorization)context.Variables.GetValueOrDefault("auth"))?.AccessToken + ((Authorization)context.Variables["auth"]).Claims["sub"]`, "tokenann"}, {`((Authorization)context.Variables.GetValueOrDefault("none"))?.AccessToken ?? "none"`, "none"},
		{`context.Deployment.Gateway.Id + context.Deployment.Gateway.InstanceId + context.Deployment.Gateway.IsManaged`, "managedmanagedTrue"},
		{`JToken.FromObject(context.Request.MatchedParameters).ToString(Formatting.None) + JToken.FromObject(context.Variables)["s"]`, `{"id":"42"}text`},
		{`JsonConvert.SerializeObject(context.Request.Url.Query)`, `{"a":["1","3"],"b":["2"]}`}, {`JToken.FromObject(context.Request).ToString()`, "{}"},
		{`new JValue(context.Request)`, "! System.ArgumentException: Could not determine JSON object type for type System.Object."},
		{`new JObject(new JProperty("a", 1))[1]`, "! System.ArgumentException: Accessed JObject values with invalid key value: 1. Object property name expected."},
		{`{ var o = new JObject(); o[1] = 2; return o; }`, "! System.ArgumentException: Accessed JObject values with invalid key value: 1. Object property name expected."},
		{`context.Workspace == null`, "True"}, {`new Dictionary<string, IList<string>> { ["a b"] = new List<string> { "1", "&" } }.ToQueryString()`, "?a+b=1&a+b=%26"},
	} {
		if got := run(t, c.code, types.Limits{}); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.code, got, c.want)
		}
	}
}
