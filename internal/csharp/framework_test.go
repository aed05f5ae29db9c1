package csharp

import (
	"testing"

	"gatehouse/internal/csharp/types"
)

// TestFramework: members of .NET Framework that the page allows by "All", as their documentation says they behave.
func TestFramework(t *testing.T) {
	for _, c := range []struct{ code, want string }{
		{`{ var a = new[]{3,1,2}; Array.Sort(a); return string.Join(",", a) + Array.IndexOf(a, 2) + Array.BinarySearch(a, 3); }`, `1,2,312`},
		{`{ Array a = new[]{3,1,2}; Array.Sort(a); return a.GetValue(0L) + "," + Array.IndexOf(a, (object)3) + "," + Array.LastIndexOf(a, (object)9) + a.GetLongLength(0); }`, `1,2,-13`},
		{`{ var k = new[]{9,3,1,2}; var v = new[]{"z","c","a","b"}; Array.Sort(k, v, 1, 3); return string.Join("", v) + string.Join("", k); }`, `zabc9123`},
		{`{ Array k = new[]{3,1}; Array v = new[]{"c","a"}; Array.Sort(k, v); return (string)v.GetValue(0); }`, `a`},
		{`{ var a = new[]{1,2,3}; Array.Copy(a, 0L, a, 1L, 2L); return string.Join("", a); }`, `112`},
		{`5.CompareTo((object)3) + 5.CompareTo(null)`, `2`},
		{`5.CompareTo("x")`, `! System.ArgumentException: Object must be of type Int32.`},
		{`"b".CompareTo((object)"a")`, `1`},
		{`1m.GetTypeCode() + "" + true.GetTypeCode() + "x".GetTypeCode() + Convert.GetTypeCode(null)`, `DecimalBooleanStringEmpty`},
		{`Convert.ChangeType("5", TypeCode.Int32).GetType().Name + Convert.ChangeType(5, typeof(string))`, `Int325`},
		{`char.GetUnicodeCategory('a') + "" + char.GetUnicodeCategory("a1", 1) + char.GetNumericValue("a7", 1)`, `LowercaseLetterDecimalDigitNumber7`},
		{`new Guid(1, 2, 3, new byte[]{1,2,3,4,5,6,7,8}).ToString()`, `00000001-0002-0003-0102-030405060708`},
		{`Guid.ParseExact("{0x00000001,0x0002,0x0003,{0x01,0x02,0x03,0x04,0x05,0x06,0x07,0x08}}", "X").ToString("X")`, `{0x00000001,0x0002,0x0003,{0x01,0x02,0x03,0x04,0x05,0x06,0x07,0x08}}`},
		{`Guid.ParseExact("x", "Q")`, `! System.FormatException: Format String can be only "D", "d", "N", "n", "P", "p", "B", "b", "X" or "x".`},
		{`Guid.TryParseExact("00000001000200030102030405060708", "D", out var g)`, `False`},
		{`TimeSpan.ParseExact("01:02", new[]{"g", "mm\\:ss"}, null).ToString()`, `01:02:00`},
		{`TimeSpan.ParseExact("02:03", "mm\\:ss", null, System.Globalization.TimeSpanStyles.AssumeNegative).ToString()`, `(1,47) : Error APIM0001: Usage of type 'System.Globalization.TimeSpanStyles' is not supported within expressions`},
		{`TimeSpan.TryParseExact("5.04", "d\\.hh", null, out var t) + t.ToString()`, `True5.04:00:00`},
		{`TimeSpan.TryParseExact("x", new[]{"c"}, null, out var t) + t.ToString()`, `False00:00:00`},
		{`Uri.CheckHostName("a.b") + "" + Uri.CheckHostName("1.2.3.4") + Uri.CheckHostName("::1") + Uri.CheckHostName("a b")`, `DnsIPv4IPv6Unknown`},
		{`Uri.CheckSchemeName("http") + "" + Uri.CheckSchemeName("1a")`, `TrueFalse`},
		{`new Uri("http://h/a").HostNameType + Uri.HexEscape(' ') + Uri.FromHex('f') + Uri.IsHexDigit('g')`, `Dns%2015False`},
		{`{ int i = 0; var c = Uri.HexUnescape("%41b", ref i); return c + "" + i; }`, `A3`},
		{`Uri.TryCreate(new Uri("http://h/a/b"), "../c", out var u) + u.ToString()`, `Truehttp://h/c`},
		{`Uri.Compare(new Uri("http://h/a"), new Uri("http://h/A"), UriComponents.Path, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase)`, `0`},
		{`BitConverter.ToString(HashAlgorithm.Create("SHA256").ComputeHash(new byte[0])).Substring(0, 5) + HashAlgorithm.Create("nope")`, `E3-B0`},
		{`HMAC.Create("HMACSHA256").GetType().Name + SHA1.Create("SHA1").HashSize + HashAlgorithm.Create().GetType().Name`, `HMACSHA256160SHA1CryptoServiceProvider`},
		{`HMAC.Create("SHA1")`, `! System.InvalidCastException: Unable to cast object of type 'System.Security.Cryptography.SHA1CryptoServiceProvider' to type 'System.Security.Cryptography.HMAC'.`},
		{`{ var h = SHA256.Create(); var b = Encoding.UTF8.GetBytes("abc"); h.TransformBlock(b, 0, 1, b, 0); h.TransformFinalBlock(b, 1, 2); return BitConverter.ToString(h.Hash).Substring(0, 5); }`, `BA-78`},
		{`SymmetricAlgorithm.Create("Aes").ValidKeySize(256) + "" + SymmetricAlgorithm.Create("Aes").LegalKeySizes[0].MinSize + RSA.Create("RSA").LegalKeySizes.Length`, `True1281`},
		{`{ var a = SymmetricAlgorithm.Create("Aes"); a.KeySize = 128; return a.Key.Length; }`, `16`},
		{`Oid.FromFriendlyName("sha256", OidGroup.HashAlgorithm).Value + new Oid(new Oid("1.2.3")).Value`, `2.16.840.1.101.3.4.2.11.2.3`},
		{`string.Join(",", decimal.GetBits(-1.5m)) + new decimal(new int[]{15,0,0,65536}) + new decimal(15, 0, 0, true, 1)`, `15,0,0,-21474181121.5-1.5`},
		{`decimal.FromOACurrency(15000) + "" + decimal.ToOACurrency(1.5m)`, `1.515000`},
		{`"é".Normalize(NormalizationForm.FormD).Length + "" + "a".IsNormalized()`, `2True`},
		{`string.Compare("Abc", 1, "xBC", 1, 2, true, null) + "" + "ABC".StartsWith("ab", true, null)`, `0True`},
		{`Encoding.UTF8.GetByteCount(new[]{'é','b'}, 0, 1) + "" + Encoding.UTF8.IsBrowserDisplay + Encoding.ASCII.WindowsCodePage`, `2True1252`},
		{`{ var c = new char[4]; var n = Convert.ToBase64CharArray(new byte[]{1}, 0, 1, c, 0); return new string(c) + n + Convert.FromBase64CharArray(c, 0, 4)[0]; }`, `AQ==41`},
		{`{ try { throw new ArgumentNullException("p"); } catch (ArgumentException e) { return e.ParamName + "|" + e.Message; } }`, "p|Value cannot be null.\r\nParameter name: p"},
		{`new ArgumentException("m", "p").Message + new ArgumentException().Message + new ArgumentNullException("p", "m").ParamName`, "m\r\nParameter name: pValue does not fall within the expected range.p"},
		{`new ObjectDisposedException("x").Message`, "Cannot access a disposed object.\r\nObject name: 'x'."},
		{`new ArgumentOutOfRangeException("p", 5, "m").Message`, "m\r\nParameter name: p\r\nActual value was 5."},
		{`new Regex("a").IsMatch("ba", 1) + "" + new Regex("^b").Match("ab", 1, 1).Index + new Regex("a").Matches("aaa", 1).Count + new Regex("a").Replace("aaa", "x", 1, 1) + string.Join("|", new Regex("a").Split("bacad", 5, 2))`, `True12axabac|d`},
		{`StringComparer.Ordinal.Compare((object)"a", "b") + "" + StringComparer.OrdinalIgnoreCase.Equals((object)"a", "A")`, `-1True`},
		{`{ var b = new StringBuilder("abc"); b.Length = 1; b.Capacity = 20; return b + "|" + b.Length; }`, `a|1`},
		{`System.Net.IPAddress.HostToNetworkOrder(1) + "" + System.Net.IPAddress.Parse("1.2.3.4").Address + System.Net.IPAddress.Parse("fe80::1%3").ScopeId + System.Net.IPAddress.Parse("2001::1").IsIPv6Teredo`, `16777216673059853True`},
		{`System.Net.WebUtility.UrlEncodeToBytes(Encoding.UTF8.GetBytes("a b"), 0, 3).Length`, `3`},
		{`{ var w = new StringWriter(); System.Net.WebUtility.HtmlEncode("<", w); return w.ToString(); }`, `&lt;`},
		{`DateTimeOffset.FromFileTime(0).Year + "" + DateTimeOffset.FromUnixTimeSeconds(0).ToFileTime() + DateTimeOffset.Equals(DateTimeOffset.MinValue, DateTimeOffset.MinValue)`, `1601116444736000000000True`},
		{`Tuple.Create(1,2,3,4,5,6,7,8).Rest.Item1`, `8`},
		{`{ var x = new XElement("a"); x.AddAnnotation("n"); x.AddAnnotation(5); var s = x.Annotation<string>() + x.Annotation(typeof(int)) + x.Annotations<object>().Count(); x.RemoveAnnotations<string>(); return s + x.Annotation<string>(); }`, `n52`},
		{`new XDeclaration(new XDeclaration("1.0", null, "yes") { Encoding = "utf-8" }).ToString()`, `<?xml version="1.0" encoding="utf-8" standalone="yes"?>`},
		{`RSAEncryptionPadding.CreateOaep(HashAlgorithmName.SHA256) == RSAEncryptionPadding.OaepSHA256`, `True`},
		{`RSASignaturePadding.Pss.Mode + "" + RSAEncryptionPadding.OaepSHA1.OaepHashAlgorithm.Name`, `PssSHA1`},
		{`new X509Certificate2("c.pfx")`, "! System.Security.Cryptography.CryptographicException: The system cannot find the file specified.\r\n"},
		{`new HashSet<int>{1,2}.Comparer.Equals(1, 1)`, `True`},
		{`{ var a = new int[2]; new HashSet<int>{1,2,3}.CopyTo(a, 0, 2); return a[1]; }`, `2`},
		{`{ var l = new List<int>{1}; l.Capacity = 10; return l.Capacity; }`, `10`},
		{`{ var l = new List<int>{1}; l.Capacity = 0; return 1; }`, "! System.ArgumentOutOfRangeException: capacity was less than the current size.\r\nParameter name: value"},
		{`char.ToUpper('a', null)`, `A`},
		{`XElement.Parse("<a x='1' y='2'/>").Attributes().Where(z => z.Value == "1").Count()`, `1`},
		{`{ var e = XElement.Parse("<a x='1' y='2'/>"); e.Attributes().Remove(); return e.ToString(); }`, `<a />`},
	} {
		if got := run(t, c.code, types.Limits{}); got != c.want {
			t.Errorf("%s\n got  %s\n want %s", c.code, got, c.want)
		}
	}
}
