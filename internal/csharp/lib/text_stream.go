package lib

import (
	"strings"

	"gatehouse/internal/csharp/types"
)

var (
	stringReaderType = types.New(types.KindClass, "System.IO.StringReader")
	stringWriterType = types.New(types.KindClass, "System.IO.StringWriter")
)

// stringReader is a System.IO.StringReader.
type stringReader struct {
	rest   string
	closed bool
}

// Dispose implements Disposer.
func (s *stringReader) Dispose() { s.closed = true }

// open raises when the reader is closed.
func (s *stringReader) open(c call) {
	if s.closed {
		c.Throw("System.ObjectDisposedException", "Cannot read from a closed TextReader.")
	}
}

// reading makes a member of what reads.
func reading(f func(s *stringReader) val) types.Func {
	return func(c call, a []val) val {
		s := a[0].Ref().(*stringReader)
		s.open(c)
		return f(s)
	}
}

// DotNetType implements types.Object.
func (*stringReader) DotNetType() *types.Type { return stringReaderType }

func stringStreams(r *types.Registry) {
	r.Class("System.IO.TextReader").Extends("", "IDisposable")
	r.Class("System.IO.TextWriter").Extends("", "IDisposable")
	b := r.Add(stringReaderType).Extends("System.IO.TextReader")
	b.New("(string s)", func(c call, a []val) val { c.NotNull(a[0], "s"); return types.Ref(&stringReader{rest: a[0].Str()}) })
	b.Method("string ReadLine()", reading(func(s *stringReader) val {
		if s.rest == "" {
			return types.Null
		}
		i := strings.IndexAny(s.rest, "\r\n")
		if i < 0 {
			line := s.rest
			s.rest = ""
			return str(line)
		}
		line := s.rest[:i]
		s.rest = strings.TrimPrefix(s.rest[i:], "\r")
		s.rest = strings.TrimPrefix(s.rest, "\n")
		return str(line)
	}))
	b.Method("string ReadToEnd()", reading(func(s *stringReader) val { t := s.rest; s.rest = ""; return str(t) }))
	for name, take := range map[string]bool{"Read": true, "Peek": false} {
		b.Method("int "+name+"()", reading(func(s *stringReader) val {
			if s.rest == "" {
				return integer(-1)
			}
			u := types.At(s.rest, 0)
			if take {
				s.rest = types.Slice(s.rest, 1, types.Length(s.rest)-1)
			}
			return integer(int(u))
		}))
	}
	b.Method("void Close()", self(func(s *stringReader) val { s.closed = true; return types.Null }))
	for _, name := range []string{"Read", "ReadBlock"} {
		b.Method("int "+name+"(char[] buffer, int index, int count)", func(c call, a []val) val {
			s, to := a[0].Ref().(*stringReader), arrayOf(c, a[1], "buffer")
			s.open(c)
			checkChars(c, to, a[2].Int(), a[3].Int())
			n := min(a[3].Int(), types.Length(s.rest))
			for i, u := range types.EncodeUTF16(types.Slice(s.rest, 0, n)) {
				c.Step()
				to.Put(a[2].Int()+i, types.Char(u))
			}
			s.rest = types.Slice(s.rest, n, types.Length(s.rest)-n)
			return integer(n)
		})
	}
	w := r.Add(stringWriterType).Extends("System.IO.TextWriter")
	make := func(_ call, a []val) val {
		w := &stringWriter{&stringBuilder{typ: stringBuilderType}}
		if len(a) > 0 {
			if to, ok := a[0].Ref().(*stringBuilder); ok {
				w.to = to
			}
		}
		return types.Ref(w)
	}
	w.New("()", make).New("(StringBuilder sb)", make).New("(IFormatProvider formatProvider)", make).New("(StringBuilder sb, IFormatProvider formatProvider)", make)
	w.Method("StringBuilder GetStringBuilder()", self(func(w *stringWriter) val { return types.Ref(w.to) }))
	w.Get("Encoding Encoding", func(call, []val) val { return types.Ref(encodings()["Unicode"]) })
	w.Get("string NewLine", func(call, []val) val { return str(newLine) })
	for name, end := range map[string]string{"Write": "", "WriteLine": newLine} {
		w.Method("void "+name+"(string format, params object[] arg)", func(c call, a []val) val {
			c.NotNull(a[1], "format")
			a[0].Ref().(*stringWriter).to.add(c, formatString(c, a[1].Str(), elements(c, a[2], "arg"))+end)
			return types.Null
		})
		w.Method("void "+name+"(char[] buffer)", func(c call, a []val) val {
			a[0].Ref().(*stringWriter).to.add(c, charsText(c, a[1])+end)
			return types.Null
		})
		w.Method("void "+name+"(char[] buffer, int index, int count)", func(c call, a []val) val {
			a[0].Ref().(*stringWriter).to.add(c, types.DecodeUTF16(charsPart(c, a[1], a[2].Int(), a[3].Int(), "buffer"))+end)
			return types.Null
		})
	}
	for _, t := range []string{"string", "object", "char", "int", "uint", "long", "ulong", "bool", "float", "double", "decimal"} {
		w.Method("void Write("+t+" value)", func(c call, a []val) val { a[0].Ref().(*stringWriter).to.add(c, c.Text(a[1])); return types.Null })
		w.Method("void WriteLine("+t+" value)", func(c call, a []val) val {
			a[0].Ref().(*stringWriter).to.add(c, c.Text(a[1])+newLine)
			return types.Null
		})
	}
	w.Method("void WriteLine()", func(c call, a []val) val { a[0].Ref().(*stringWriter).to.add(c, newLine); return types.Null })
	w.Method("void Close()", func(call, []val) val { return types.Null })
	w.Method("void Flush()", func(call, []val) val { return types.Null })
}

// stringWriter is a System.IO.StringWriter.
type stringWriter struct{ to *stringBuilder }

// DotNetType implements types.Object.
func (*stringWriter) DotNetType() *types.Type { return stringWriterType }

// ToText implements types.TextOf.
func (w *stringWriter) ToText(r *types.Run) string { return w.to.ToText(r) }
