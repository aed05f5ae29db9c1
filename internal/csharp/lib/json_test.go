package lib

import (
	"encoding/json"
	"strings"
	"testing"

	"gatehouse/internal/csharp/types"
)

func TestJSONText(t *testing.T) {
	w := newWorld(t)
	for _, row := range [][2]string{
		{`{"a":1,"b":[1,2.0,"x",null,true],"c":{},"d":[]}`, `{"a":1,"b":[1,2.0,"x",null,true],"c":{},"d":[]}`},
		{`{'a':'it\'s', b:"\u00e9\ud83d\ude00\u2028"}`, `{"a":"it's","b":"é😀\u2028"}`},
		{`[1e2,0.1,-0.0,1E400]`, ""},
		{`[1e2,0.1,12345678901234567890,1e21]`, `[100.0,0.1,12345678901234567890,1E+21]`},
		{`/* c */ [1, // one
		2,]`, `[1,2]`},
		{`["2026-01-02T03:04:05Z","2026-01-02T03:04:05.1200000","2026-01-02T03:04:05+02:00","2026-01-02"]`, `["2026-01-02T03:04:05Z","2026-01-02T03:04:05.12","2026-01-02T01:04:05+00:00","2026-01-02"]`},
		{`{"a":1,"a":2}`, `{"a":2}`},
		{`[NaN,undefined,0x1F]`, `["NaN",undefined,31]`},
		{`"\u0001\"\\/\b"`, `"\u0001\"\\/\b"`},
	} {
		if row[1] == "" {
			w.throws("Newtonsoft.Json.JsonReaderException", "", func() { ReadJSON(w.run, row[0], "JToken") })
			continue
		}
		if got := JSONText(w.run, ReadJSON(w.run, row[0], "JToken"), false); got != row[1] {
			t.Errorf("%s\ngot  %s\nwant %s", row[0], got, row[1])
		}
	}
	want := "{\r\n  \"a\": [\r\n    1,\r\n    {\r\n      \"b\": {}\r\n    }\r\n  ]\r\n}"
	w.is(w.static("JObject", "Parse", `{"a":[1,{"b":{}}]}`), want)
}

func TestJSONErrors(t *testing.T) {
	w := newWorld(t)
	for _, row := range [][3]string{
		{"JObject", ``, "Error reading JObject from JsonReader. Path '', line 0, position 0."},
		{"JObject", `[1]`, "Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1."},
		{"JObject", `{"a":1`, "Unexpected end of content while loading JObject. Path 'a', line 1, position 6."},
		{"JObject", `{"a":b}`, "Unexpected character encountered while parsing value: b. Path 'a', line 1, position 5."},
		{"JObject", `{"a":"b`, "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 7."},
		{"JObject", "{\n\"a\" 1}", "Invalid character after parsing property name. Expected ':' but got: 1. Path 'a', line 2, position 4."},
		{"JArray", `[1 2]`, "After parsing a value an unexpected character was encountered: 2. Path '', line 1, position 3."},
		{"JArray", `[1] x`, "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 5."},
		{"JToken", strings.Repeat("[", 2000), "The reader's MaxDepth of 1000 has been exceeded."},
	} {
		w.throws("Newtonsoft.Json.JsonReaderException", row[2], func() { w.static(row[0], "Parse", row[1]) })
	}
}

const shop = `{"store":{"book":[{"title":"A","price":8.95,"isbn":"1"},{"title":"B","price":12.99},{"title":"C","price":22}],"bicycle":{"color":"red","price":19.95}},"max":10,"a b":{"c.d":5}}`

func TestJSONPath(t *testing.T) {
	w := newWorld(t)
	root := w.static("JObject", "Parse", shop)
	for _, row := range [][2]string{
		{"$.store.book[0].title", "A"},
		{"store.book[*].title", "A,B,C"},
		{"$..price", "8.95,12.99,22,19.95"},
		{"$.store.book[?(@.price < 10)].title", "A"},
		{"$.store.book[?(@.isbn)].title", "A"},
		{"$.store.book[?(@.price > 10 && @.title != 'C')].title", "B"},
		{"$.store.book[?(@.title == 'A' || @.title == 'C')].title", "A,C"},
		{"$.store.book[?(@.price > $.max)].title", "B,C"},
		{"$.store.book[?(@.title =~ /^[ab]$/i)].title", "A,B"},
		{"$.store.book[0,2].title", "A,C"},
		{"$.store.book[1:].title", "B,C"},
		{"$.store.book[-1:].title", "C"},
		{"$['a b']['c.d']", "5"},
		{"$.nothing.here", ""},
		{"store.bicycle.*", "red,19.95"},
	} {
		if got := w.joined(w.on(root, "SelectTokens", row[0])); got != row[1] {
			t.Errorf("%s: got %q, want %q", row[0], got, row[1])
		}
	}
	w.throws("Newtonsoft.Json.JsonException", "Path returned multiple tokens.", func() { w.on(root, "SelectToken", "$..price") })
	w.throws("Newtonsoft.Json.JsonException", "Property 'x' does not exist on JObject.", func() { w.on(root, "SelectToken", "x", true) })
	w.is(w.on(w.on(root, "SelectToken", "$['a b']['c.d']"), "Path"), "['a b']['c.d']")
	w.is(w.on(w.on(root, "SelectToken", "store.book[1].title"), "Path"), "store.book[1].title")
}

func TestJSONMembers(t *testing.T) {
	w := newWorld(t)
	o := w.static("JObject", "Parse", `{"n":1,"s":"x","b":true,"d":1.5,"nil":null,"list":[3,1,2],"o":{"k":"v"}}`)
	w.is(w.on(o, "Count"), "7")
	w.is(w.generic([]*types.Type{types.String}, "Extensions", "Value", w.on(o, "GetValue", "s")), "x")
	w.is(w.on(w.on(o, "Property", "n"), "Name"), "n")
	w.is(w.on(o, "GetValue", "S"), "null")
}

func castTo2(w *world, v val, to *types.Type) val {
	return castToken(call{Run: w.run, Site: &types.Site{}}, v, to)
}

func TestJSONCasts(t *testing.T) {
	w := newWorld(t)
	o := ReadJSON(w.run, `{"n":1,"s":"12","b":true,"d":2.5,"nil":null,"list":[3],"t":"2026-01-02T03:04:05Z","g":"6f9619ff-8b86-d011-b42d-00c04fc964ff"}`, "JObject").(*JSONObject)
	nullable := w.run.Types.Nullable(types.Int32)
	for _, row := range []struct {
		name string
		to   *types.Type
		want string
	}{
		{"n", types.String, "1"}, {"n", types.Int64, "1"}, {"n", types.Boolean, "True"}, {"n", types.DoubleT, "1"}, {"s", types.Int32, "12"},
		{"b", types.String, "True"}, {"b", types.Int32, "1"}, {"d", types.Int32, "2"}, {"d", types.Decimal, "2.5"}, {"d", types.String, "2.5"},
		{"nil", types.String, "null"}, {"nil", nullable, "null"}, {"n", nullable, "1"}, {"t", types.String, "01/02/2026 03:04:05"}, {"t", dateTimeType, "01/02/2026 03:04:05"},
		{"g", guidType, "6f9619ff-8b86-d011-b42d-00c04fc964ff"}, {"missing", types.String, "null"},
	} {
		w.is(castTo2(w, tokenValue(o.Get(row.name)), row.to), row.want)
	}
	w.throws("System.ArgumentException", "Can not convert Null to Int32.", func() { castTo2(w, tokenValue(o.Get("nil")), types.Int32) })
	w.throws("System.ArgumentException", "Can not convert Array to String.", func() { castTo2(w, tokenValue(o.Get("list")), types.String) })
	w.throws("System.ArgumentNullException", "Value cannot be null.\r\nParameter name: value", func() { castTo2(w, types.Null, types.Int32) })
	w.throws("System.FormatException", "Input string was not in a correct format.", func() { castTo2(w, types.Ref(&JSONValue{typ: jsonString, v: str("x")}), types.Int32) })
}

func TestJSONChange(t *testing.T) {
	w := newWorld(t)
	o := w.make(objectType)
	w.on(o, "Add", "a", types.Ref(&JSONValue{typ: jsonInteger, v: types.Long(1)}))
	w.throws("System.ArgumentException", "Can not add property a to Newtonsoft.Json.Linq.JObject.", func() { w.on(o, "Add", "a", nil) })
	w.on(o, "Add", w.make(propertyType, "list", w.ints(1, 2)))
	w.is(w.on(o, "ToString", types.Of(w.named("Formatting"), 0)), `{"a":1,"list":[1,2]}`)
	w.on(w.on(o, "Property", "a"), "Remove")
	w.on(w.on(w.on(o, "GetValue", "list"), "First"), "Replace", types.Ref(&JSONValue{typ: jsonString, v: str("x")}))
	w.is(w.on(o, "ToString", types.Of(w.named("Formatting"), 0)), `{"list":["x",2]}`)
	other := w.static("JObject", "Parse", `{"list":[2,3],"new":{"z":1}}`)
	settings := w.make(mergeSettingsType)
	settings.Ref().(*mergeSettings).arrays = 1
	w.on(o, "Merge", other, settings)
	w.is(w.on(o, "ToString", types.Of(w.named("Formatting"), 0)), `{"list":["x",2,3],"new":{"z":1}}`)
	w.is(w.static("JToken", "DeepEquals", o, w.on(o, "DeepClone")), "True")
	w.is(w.static("JsonConvert", "SerializeObject", w.ints(1, 2)), "[1,2]")
	anonymous := &types.Tuple{Type: w.run.Types.Anonymous([]*types.Type{types.Int32, types.String}, []string{"A", "B"}), Items: []val{integer(1), types.Null}}
	w.is(w.static("JsonConvert", "SerializeObject", anonymous), `{"A":1,"B":null}`)
	list := materialize(call{Run: w.run}, ReadJSON(w.run, `["a","b"]`, "JToken"), w.named("List", types.String), 0)
	w.is(w.on(list, "Count"), "2")
	d := materialize(call{Run: w.run}, ReadJSON(w.run, `{"a":1}`, "JToken"), w.named("Dictionary", types.String, types.Int32), 0)
	w.is(w.on(d, "ContainsKey", "a"), "True")
}

// body2K is a document of about 2 KiB.
func body2K() string {
	var b strings.Builder
	b.WriteString(`{"id":"a6b1","items":[`)
	for i := range 16 {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"sku":"X-1000","name":"A thing of \"some\" kind","price":12.5,"count":3,"tags":["red","green"],"stock":true,"note":null}`)
	}
	b.WriteString(`],"total":600}`)
	return b.String()
}

func BenchmarkJObject(b *testing.B) {
	body := body2K()
	r := &types.Run{}
	b.ReportAllocs()
	for b.Loop() {
		r.Reset(Types(), nil, types.Limits{})
		o := ReadJSON(r, body, "JObject").(*JSONObject)
		o.set(r, "total", &JSONValue{typ: jsonInteger, v: types.Long(601)})
		_ = JSONText(r, o, false)
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	body := []byte(body2K())
	b.ReportAllocs()
	for b.Loop() {
		var m map[string]any
		_ = json.Unmarshal(body, &m)
		m["total"] = 601
		_, _ = json.Marshal(m)
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(shop)
	f.Add(`["\ud800",1e5,/**/'x']`)
	f.Fuzz(func(t *testing.T, s string) {
		if w := newWorld(t); true {
			defer func() {
				if e := recover(); e != nil {
					if _, ok := e.(*types.Exception); !ok {
						panic(e)
					}
				}
			}()
			text := JSONText(w.run, ReadJSON(w.run, s, "JToken"), false)
			if again := JSONText(w.run, ReadJSON(w.run, text, "JToken"), false); again != text {
				t.Errorf("%q became %q", text, again)
			}
		}
	})
}

func FuzzJSONPath(f *testing.F) {
	f.Add("$.store.book[?(@.price > 10 && @.title != 'C')].title")
	f.Add("$..book[-1:]['a','b'](0)")
	f.Add("('',")
	f.Fuzz(func(t *testing.T, path string) {
		w := newWorld(t)
		root := ReadJSON(w.run, shop, "JToken")
		defer func() {
			if e := recover(); e != nil {
				if _, ok := e.(*types.Exception); !ok {
					panic(e)
				}
			}
		}()
		selectAll(call{Run: w.run}, root, path, false)
	})
}
