package lib_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/internal/csharp"
	"gatehouse/internal/csharp/lib"
	"gatehouse/internal/csharp/types"
)

// evaluate runs an expression and gives ToString() of its result, or the exception.
func evaluate(t *testing.T, code string) string {
	t.Helper()
	p, problems := csharp.Compile(code, csharp.Options{NoHost: true})
	if p == nil {
		for _, d := range problems {
			t.Errorf("%s: %s %s", code, d.Code, d.Message)
		}
		return ""
	}
	v, err := p.Run(&csharp.Frame{Now: func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 891_000_000, time.UTC) }})
	var e *types.Exception
	switch {
	case errors.As(err, &e):
		return e.Type.Full + ": " + e.Message
	case err != nil:
		return err.Error()
	case v.IsNull():
		return "null"
	}
	r := &types.Run{}
	r.Reset(lib.Types(), nil, types.Limits{})
	return r.Text(v)
}

func TestExpressions(t *testing.T) {
	for _, row := range [][2]string{
		// lists and Enumerable
		{`new List<int>{3,1,2}.OrderBy(x => x).First()`, "1"},
		{`string.Join(",", new[]{1,2,3,4}.Where(x => x % 2 == 0).Select(x => x * 10))`, "20,40"},
		{`new[]{1,2,3}.Sum()`, "6"},
		{`new[]{1,2,4}.Average()`, "2.33333333333333"},
		{`new[]{"b","a"}.Max()`, "b"},
		{`string.Join(";", new[]{"ab","ac","b"}.GroupBy(s => s[0]).Select(g => g.Key + ":" + g.Count()))`, "a:2;b:1"},
		{`new[]{1,2}.ToDictionary(x => x, x => "v" + x)[2]`, "v2"},
		{`new Dictionary<string, int>{{"a", 1}}["b"]`, "System.Collections.Generic.KeyNotFoundException: The given key was not present in the dictionary."},
		{`new int[0].First()`, "System.InvalidOperationException: Sequence contains no elements"},
		{`string.Join(",", Enumerable.Range(1, 3).Zip(new[]{"a","b"}, (n, s) => n + s))`, "1a,2b"},
		{`string.Join(",", new[]{3,1,2}.OrderByDescending(x => x).ThenBy(x => x).Skip(1).Take(1))`, "2"},
		{`new[]{1,2,2}.Distinct().Count()`, "2"},
		{`new[]{"a"}.Any(s => s == "a")`, "True"},
		{`new[]{1,2,3}.Aggregate((a, b) => a * b)`, "6"},
		{`new HashSet<string>(StringComparer.OrdinalIgnoreCase){"A"}.Contains("a")`, "True"},
		// numbers
		{`1.10m + 2.20m`, "3.30"}, {`10m / 3m`, "3.3333333333333333333333333333"}, {`(int)2.9m`, "2"}, {`Math.Round(2.5)`, "2"},
		{`Math.Round(2.345m, 2)`, "2.34"}, {`(1234.5).ToString("N2")`, "1,234.50"}, {`double.Parse("1e3")`, "1000"}, {`Convert.ToInt32("12")`, "12"},
		{`Convert.ToInt32(2.5)`, "2"}, {`Convert.ToString(255, 16)`, "ff"}, {`Convert.ToBase64String(Encoding.UTF8.GetBytes("é"))`, "w6k="},
		{`Convert.ToInt32("x")`, "System.FormatException: Input string was not in a correct format."},
		{`new Random(42).Next(100)`, "66"},
		// dates
		{`new DateTime(2026, 1, 31).AddMonths(1).ToString("yyyy-MM-dd")`, "2026-02-28"},
		{`DateTime.UtcNow.ToString("o")`, "2026-03-04T05:06:07.8910000Z"}, {`DateTime.UtcNow.ToString("R")`, "Wed, 04 Mar 2026 05:06:07 GMT"},
		{`DateTime.UtcNow.ToString()`, "03/04/2026 05:06:07"}, {`(DateTime.UtcNow - new DateTime(2026, 3, 4)).TotalHours > 5`, "True"},
		{`DateTime.Parse("2026-01-02T03:04:05Z").ToString("s")`, "2026-01-02T03:04:05"}, {`TimeSpan.FromMinutes(90).ToString()`, "01:30:00"},
		{`DateTimeOffset.FromUnixTimeSeconds(0).ToString("yyyy")`, "1970"}, {`new DateTimeOffset(2026,1,2,3,4,5,TimeSpan.FromHours(2)).ToString()`, "01/02/2026 03:04:05 +02:00"},
		{`DateTimeOffset.ParseExact("05/01/26", "dd/MM/yy", null).Month`, "1"}, {`TimeSpan.Parse("1.02:03:04").TotalSeconds`, "93784"},
		// JSON
		{`JObject.Parse("{\"a\":{\"b\":[1,2]}}")["a"]["b"][1].ToString()`, "2"},
		{`(string)JObject.Parse("{\"a\":\"x\"}")["a"]`, "x"}, {`(int)JObject.Parse("{\"a\":1}")["a"] + 1`, "2"},
		{`JObject.Parse("{\"a\":1}").Value<string>("a")`, "1"}, {`new JObject(new JProperty("a", 1), new JProperty("b", new JArray(1, "x"))).ToString(Newtonsoft.Json.Formatting.None)`, `{"a":1,"b":[1,"x"]}`},
		{`JObject.Parse("{\"a\":[1,2,3]}").SelectTokens("a[*]").Select(t => (int)t).Sum()`, "6"},
		{`JArray.Parse("[{\"n\":\"x\"},{\"n\":\"y\"}]").Select(o => (string)o["n"]).Last()`, "y"},
		{`JsonConvert.SerializeObject(new { A = 1, B = new[]{"x"} })`, `{"A":1,"B":["x"]}`},
		{`JsonConvert.DeserializeObject<Dictionary<string, int>>("{\"a\":5}")["a"]`, "5"},
		{`JObject.Parse("{\"a\":1}")["zz"] == null`, "True"},
		// text
		{`Regex.Match("max-age=30", @"max-age=(?<n>\d+)").Groups["n"].Value`, "30"}, {`Regex.Replace("a1b2", @"\d", m => "<" + m.Value + ">")`, "a<1>b<2>"},
		{`Regex.IsMatch("ABC", "b", RegexOptions.IgnoreCase)`, "True"}, {`string.Join("|", Regex.Split("a,b;c", "[,;]"))`, "a|b|c"},
		{`Regex.Matches("a1b22", @"\d+").Count`, "2"}, {`new StringBuilder("a").Append(1).AppendLine("x").ToString()`, "a1x\r\n"},
		{`Uri.EscapeDataString("a b&é")`, "a%20b%26%C3%A9"}, {`new Uri("https://Contoso.com:443/a/b?x=1#f").PathAndQuery`, "/a/b?x=1"}, {`new Uri("http://h:81/a").Authority`, "h:81"},
		{`new Uri("x")`, "System.UriFormatException: Invalid URI: The format of the URI could not be determined."},
		{`System.Net.WebUtility.HtmlEncode("<a>")`, "&lt;a&gt;"}, {`System.Net.WebUtility.UrlEncode("a b/")`, "a+b%2F"}, {`BitConverter.ToString(new byte[]{1,255})`, "01-FF"},
		{`new Guid("{6F9619FF-8B86-D011-B42D-00C04FC964FF}").ToString("N")`, "6f9619ff8b86d011b42d00c04fc964ff"}, {`Guid.NewGuid().ToString().Length`, "36"},
		// XML
		{`XElement.Parse("<a x='1'><b>t</b><!--c--></a>").Element("b").Value`, "t"}, {`(int)XElement.Parse("<a x='1'/>").Attribute("x") + 1`, "2"},
		{`XElement.Parse("<a><b>1</b><c/></a>").ToString()`, "<a>\r\n  <b>1</b>\r\n  <c />\r\n</a>"}, {`XDocument.Parse("<?xml version='1.0'?><s:E xmlns:s='u'><s:B/></s:E>").ToString(SaveOptions.DisableFormatting)`, `<s:E xmlns:s="u"><s:B /></s:E>`},
		{`new XElement("a", new XAttribute("k", true), new XElement("b", 1.5), "t<").ToString(SaveOptions.DisableFormatting)`, `<a k="true"><b>1.5</b>t&lt;</a>`},
		{`XElement.Parse("<a><b/><b/></a>").Descendants("b").Count()`, "2"},
		// cryptography and tokens
		{`BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", "").Substring(0, 8)`, "BA7816BF"},
		{`Convert.ToBase64String(new HMACSHA256(Encoding.UTF8.GetBytes("key")).ComputeHash(Encoding.UTF8.GetBytes("data")))`, "UDH+PZicbRU3oBP6bnOdojRj/a7DtwE32Cjjas4iG9A="},
		{`Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("hi").Encrypt("Aes", new byte[16], new byte[16]).Decrypt("Aes", new byte[16], new byte[16]))`, "hi"},
		{`"Basic YTpi".AsBasic().Password`, "b"}, {`"x".AsJwt() == null`, "True"},
		{`"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiYXVkIjpbImEiLCJiIl0sImV4cCI6MTAwfQ.".AsJwt().Audiences.Last()`, "b"},
		{`"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4IiwiZXhwIjoxMDB9.".AsJwt().ExpirationTime.ToString()`, "01/01/1970 00:01:40"},
		{`"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.".AsJwt().Claims.GetValueOrDefault("sub", "")`, "x"},
	} {
		if got := evaluate(t, row[0]); got != row[1] {
			t.Errorf("%s\ngot  %q\nwant %q", row[0], got, row[1])
		}
	}
}
