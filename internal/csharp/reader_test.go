package csharp

import (
	"testing"

	"gatehouse/internal/csharp/types"
)

// TestReaders: an XmlReader reads as .NET's does, and an element with empty content is not an empty element.
func TestReaders(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`XElement.Parse("<a><b></b><c/><d> </d></a>").ToString(SaveOptions.DisableFormatting)`, `<a><b></b><c /><d></d></a>`},
		{`new XElement("a", "").ToString() + new XElement("a").ToString() + new XElement("a", null).IsEmpty`, `<a></a><a />True`},
		{`{ var e = new XElement("a", 1); e.Value = ""; var s = e.ToString(); e.RemoveNodes(); return s + e; }`, `<a></a><a />`},
		{`{ var r = XmlReader.Create(new StringReader("<?xml version='1.0'?><s:a xmlns:s='u' x='1' s:y='2'><b>t</b><c/><b>v</b></s:a>")); var t = ""; while (r.Read()) t += r.NodeType + ":" + r.Name + "=" + r.Value + ";"; return t; }`, `XmlDeclaration:xml=version="1.0";Element:s:a=;Element:b=;Text:=t;EndElement:b=;Element:c=;Element:b=;Text:=v;EndElement:b=;EndElement:s:a=;`},
		{`{ using (var r = XmlReader.Create(new StringReader("<a><b x='1'>t</b><b>v</b></a>"))) { r.ReadToFollowing("b"); var x = r.GetAttribute("x"); var t = r.ReadElementContentAsString(); r.MoveToContent(); return x + t + r.Name + r.ReadOuterXml() + r.NodeType; } }`, `1tb<b>v</b>EndElement`},
		{`{ var r = XmlReader.Create(new StringReader("<a><b>t</b></a>")); r.MoveToContent(); r.Read(); var e = XNode.ReadFrom(r) as XElement; return e.Value + r.NodeType + XElement.Load(new StringReader("<z>1</z>")).Value + XElement.Load(e.CreateReader()); }`, `tEndElement1<b>t</b>`},
		{`{ var r = XmlReader.Create(new StringReader("<a x='1' y='2'/>")); r.MoveToContent(); var t = r.AttributeCount + r[0] + r["y"]; while (r.MoveToNextAttribute()) t += r.Name + r.Value; r.MoveToElement(); return t + r.IsEmptyElement + r.EOF + r.Read() + r.EOF; }`, `212x1y2TrueFalseFalseTrue`},
		{`XmlReader.Create(new StringReader("<a>"))`, `! System.Xml.XmlException: Unexpected end of file has occurred. Line 1, position 4.`},
		{`{ var w = new StringWriter(); XDocument.Parse("<a/>").Save(w); return w.ToString().Length > 5; }`, `True`},
	} {
		if got := run(t, c.code, types.Limits{}); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.code, got, c.want)
		}
	}
}
