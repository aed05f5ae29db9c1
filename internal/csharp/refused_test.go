package csharp

import (
	"testing"

	"gatehouse/internal/csharp/types"
)

// TestRefused: what .NET has and API Management refuses is named as its gateway names it; names that need a namespace need it.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`new XmlDocument()`, `(1,5) : Error APIM0001: Usage of type 'System.Xml.XmlDocument' is not supported within expressions`},
		{`new System.Xml.XmlDocument()`, `(1,5) : Error APIM0001: Usage of type 'System.Xml.XmlDocument' is not supported within expressions`},
		{`new System.IO.StreamReader("x")`, `(1,5) : Error APIM0001: Usage of type 'System.IO.StreamReader' is not supported within expressions`},
		{`System.IO.File.ReadAllText("x")`, `(1,1) : Error APIM0001: Usage of type 'System.IO.File' is not supported within expressions`},
		{`File.ReadAllText("x")`, `(1,1) : Error APIM0001: Usage of type 'System.IO.File' is not supported within expressions`},
		{`Environment.MachineName`, `(1,1) : Error APIM0001: Usage of type 'System.Environment' is not supported within expressions`},
		{`System.Environment.MachineName`, `(1,1) : Error APIM0001: Usage of type 'System.Environment' is not supported within expressions`},
		{`DateTime.ParseExact("a","b",null)`, `(1,10) : Error APIM0002: Usage of member 'ParseExact' of type 'System.DateTime' is not supported within expressions`},
		{`DateTime.UtcNow.ToUniversalTime()`, `(1,17) : Error APIM0002: Usage of member 'ToUniversalTime' of type 'System.DateTime' is not supported within expressions`},
		{`DateTime.UtcNow.ToLocalTime()`, `(1,17) : Error APIM0002: Usage of member 'ToLocalTime' of type 'System.DateTime' is not supported within expressions`},
		{`DateTime.SpecifyKind(DateTime.Now, DateTimeKind.Utc)`, `(1,10) : Error APIM0002: Usage of member 'SpecifyKind' of type 'System.DateTime' is not supported within expressions`},
		{`DateTime.UtcNow.Kind`, `(1,17) : Error APIM0002: Usage of member 'Kind' of type 'System.DateTime' is not supported within expressions`},
		{`DateTimeKind.Local`, `(1,14) : Error APIM0002: Usage of member 'Local' of type 'System.DateTimeKind' is not supported within expressions`},
		{`Regex.Escape("x")`, `(1,7) : Error APIM0002: Usage of member 'Escape' of type 'System.Text.RegularExpressions.Regex' is not supported within expressions`},
		{`HttpUtility.UrlEncode("x")`, `(1,1) : Error CS0103: The name 'HttpUtility' does not exist in the current context`},
		{`System.Web.HttpUtility.UrlEncode("x")`, `(1,8) : Error CS0234: The type or namespace name 'Web' does not exist in the namespace 'System' (are you missing an assembly reference?)`},
		{`new HttpClient()`, `(1,5) : Error CS0246: The type or namespace name 'HttpClient' could not be found (are you missing a using directive or an assembly reference?)`},
		{`CultureInfo.InvariantCulture`, `(1,1) : Error CS0103: The name 'CultureInfo' does not exist in the current context`},
		{`System.Globalization.CultureInfo.InvariantCulture`, `(1,1) : Error APIM0001: Usage of type 'System.Globalization.CultureInfo' is not supported within expressions`},
		{`Task.Run(() => 1)`, `(1,1) : Error APIM0001: Usage of type 'System.Threading.Tasks.Task' is not supported within expressions`},
		{`Thread.Sleep(1)`, `(1,1) : Error APIM0001: Usage of type 'System.Threading.Thread' is not supported within expressions`},
		{`GC.Collect()`, `(1,1) : Error APIM0001: Usage of type 'System.GC' is not supported within expressions`},
		{`typeof(string).Assembly`, `(1,16) : Error APIM0002: Usage of member 'Assembly' of type 'System.Type' is not supported within expressions`},
		{`typeof(string).GetMethods()`, `(1,16) : Error APIM0002: Usage of member 'GetMethods' of type 'System.Type' is not supported within expressions`},
		{`XDocument.Load("x")`, `(1,11) : Error APIM0002: Usage of member 'Load' of type 'System.Xml.Linq.XDocument' is not supported within expressions`},
		{`JsonSerializer.Create()`, `(1,1) : Error APIM0001: Usage of type 'Newtonsoft.Json.JsonSerializer' is not supported within expressions`},
		{`new JsonSerializerSettings()`, `(1,5) : Error APIM0001: Usage of type 'Newtonsoft.Json.JsonSerializerSettings' is not supported within expressions`},
		{`Console.WriteLine("x")`, `(1,1) : Error APIM0001: Usage of type 'System.Console' is not supported within expressions`},
		{`Regex.Match("a","b").NextMatch()`, `(1,22) : Error APIM0002: Usage of member 'NextMatch' of type 'System.Text.RegularExpressions.Match' is not supported within expressions`},
		{`Regex.Match("a","b").Name`, `(1,22) : Error CS1061: 'Match' does not contain a definition for 'Name' and no accessible extension method 'Name' accepting a first argument of type 'Match' could be found (are you missing a using directive or an assembly reference?)`},
		{`new ArrayList()`, `(1,5) : Error CS0246: The type or namespace name 'ArrayList' could not be found (are you missing a using directive or an assembly reference?)`},
		{`new SortedDictionary<string,string>()`, `(1,5) : Error APIM0001: Usage of type 'System.Collections.Generic.SortedDictionary' is not supported within expressions`},
		{`new LinkedList<int>()`, `(1,5) : Error APIM0001: Usage of type 'System.Collections.Generic.LinkedList' is not supported within expressions`},
		{`new System.Collections.Concurrent.ConcurrentDictionary<string,string>()`, `(1,5) : Error APIM0001: Usage of type 'System.Collections.Concurrent.ConcurrentDictionary' is not supported within expressions`},
		{`ImmutableList<int>.Empty`, `(1,1) : Error CS0103: The name 'ImmutableList' does not exist in the current context`},
		{`Activator.CreateInstance(typeof(string))`, `(1,1) : Error APIM0001: Usage of type 'System.Activator' is not supported within expressions`},
		{`nameof(XmlDocument)`, `(1,8) : Error APIM0001: Usage of type 'System.Xml.XmlDocument' is not supported within expressions`},
		{`DateTime.UtcNow.ToFileTime()`, `(1,17) : Error APIM0002: Usage of member 'ToFileTime' of type 'System.DateTime' is not supported within expressions`},
		{`new Lazy<int>(() => 1)`, `(1,5) : Error APIM0001: Usage of type 'System.Lazy' is not supported within expressions`},
		{`new Stopwatch()`, `(1,5) : Error CS0246: The type or namespace name 'Stopwatch' could not be found (are you missing a using directive or an assembly reference?)`},
		{`System.Threading.Interlocked.Increment(ref x)`, "(1,1) : Error APIM0001: Usage of type 'System.Threading.Interlocked' is not supported within expressions\n(1,44) : Error CS0103: The name 'x' does not exist in the current context"},
		{`System.Text.Json.JsonDocument.Parse("x")`, `(1,13) : Error CS0234: The type or namespace name 'Json' does not exist in the namespace 'System.Text' (are you missing an assembly reference?)`},
		{`WebUtility.UrlEncode("a")`, `(1,1) : Error CS0103: The name 'WebUtility' does not exist in the current context Write 'System.Net.WebUtility'.`},
		{`new IPAddress(1)`, `(1,5) : Error CS0246: The type or namespace name 'IPAddress' could not be found (are you missing a using directive or an assembly reference?) Write 'System.Net.IPAddress'.`},
		{`new System.Net.IPAddress(1).ToString()`, `1.0.0.0`},
		{`(System.Globalization.CultureInfo)null`, `(1,2) : Error APIM0001: Usage of type 'System.Globalization.CultureInfo' is not supported within expressions`},
		{`{ System.Globalization.CultureInfo c = null; return 1; }`, `(1,2) : Error APIM0001: Usage of type 'System.Globalization.CultureInfo' is not supported within expressions`},
		{`int.Parse("1", null)`, `1`},
		{`{ Task t = null; return 1; }`, `(1,2) : Error APIM0001: Usage of type 'System.Threading.Tasks.Task' is not supported within expressions`},
		{`new System.Collections.Generic.SortedDictionary<string,int>()`, `(1,5) : Error APIM0001: Usage of type 'System.Collections.Generic.SortedDictionary' is not supported within expressions`},
		{`{ TimeZoneInfo.AdjustmentRule r = null; return r == null; }`, `True`},
		{`X509NameType.SimpleName`, `SimpleName`},
		{`Newtonsoft.Json.Formatting.None`, `None`},
	} {
		if got := run(t, c.code, types.Limits{}); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.code, got, c.want)
		}
	}
}
