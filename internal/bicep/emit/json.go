package emit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// member is one member of an object.
type member struct {
	key   string
	value any
}

// object keeps the order of its members. The values are *object, []any, string,
// int64, float64, json.Number, bool and nil.
type object struct{ members []member }

func obj(kv ...any) *object {
	o := &object{}
	for i := 0; i < len(kv); i += 2 {
		o.set(kv[i].(string), kv[i+1])
	}
	return o
}

// set appends or replaces a member.
func (o *object) set(key string, value any) {
	for i := range o.members {
		if o.members[i].key == key {
			o.members[i].value = value
			return
		}
	}
	o.members = append(o.members, member{key, value})
}

func (o *object) get(key string) any {
	for i := range o.members {
		if o.members[i].key == key {
			return o.members[i].value
		}
	}
	return nil
}

// merge sets a member; when both values are objects, they are united.
func (o *object) merge(key string, value any) {
	old, isObj := o.get(key).(*object)
	add, isAdd := value.(*object)
	if !isObj || !isAdd {
		o.set(key, value)
		return
	}
	both := &object{append([]member{}, old.members...)}
	for _, m := range add.members {
		both.merge(m.key, m.value)
	}
	o.set(key, both)
}

// Format writes v indented by two spaces, as the official compiler does.
func format(v any) []byte {
	var b bytes.Buffer
	writeJSON(&b, v, 0, true)
	return b.Bytes()
}

func writeJSON(b *bytes.Buffer, v any, depth int, pretty bool) {
	switch v := v.(type) {
	case *object:
		writeItems(b, '{', '}', len(v.members), depth, pretty, func(i int) {
			quote(b, v.members[i].key)
			b.WriteByte(':')
			if pretty {
				b.WriteByte(' ')
			}
			writeJSON(b, v.members[i].value, depth+1, pretty)
		})
	case []any:
		writeItems(b, '[', ']', len(v), depth, pretty, func(i int) { writeJSON(b, v[i], depth+1, pretty) })
	case string:
		quote(b, v)
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case float64:
		b.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
	case json.Number:
		b.WriteString(v.String())
	case bool:
		b.WriteString(strconv.FormatBool(v))
	default:
		b.WriteString("null")
	}
}

func writeItems(b *bytes.Buffer, first, last byte, n, depth int, pretty bool, item func(int)) {
	b.WriteByte(first)
	for i := 0; i < n; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		if pretty {
			newLine(b, depth+1)
		}
		item(i)
	}
	if n > 0 && pretty {
		newLine(b, depth)
	}
	b.WriteByte(last)
}

func newLine(b *bytes.Buffer, depth int) {
	b.WriteByte('\n')
	for i := 0; i < depth; i++ {
		b.WriteString("  ")
	}
}

// quote writes a JSON string with the escapes of Newtonsoft.Json, which leaves
// <, > and & alone.
func quote(b *bytes.Buffer, s string) {
	const hex = "0123456789abcdef"
	b.WriteByte('"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			switch r {
			case 0x85, 0x2028, 0x2029:
				b.WriteString(`\u` + strconv.FormatInt(int64(r)+0x10000, 16)[1:])
			default:
				b.WriteRune(r)
			}
			i += n
			continue
		}
		i++
		switch c {
		case '"', '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		default:
			if c < 0x20 {
				b.WriteString(`\u00`)
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
				continue
			}
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// parseJSON reads JSON and keeps the order of members.
func parseJSON(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	return decodeJSON(d)
}

func decodeJSON(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return decodeObject(d)
		}
		list := []any{}
		for d.More() {
			v, err := decodeJSON(d)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err
	case json.Number:
		if i, err := strconv.ParseInt(t.String(), 10, 64); err == nil {
			return i, nil
		}
		return t, nil
	}
	return t, nil
}

func decodeObject(d *json.Decoder) (any, error) {
	o := &object{}
	for d.More() {
		k, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decodeJSON(d)
		if err != nil {
			return nil, err
		}
		o.set(k.(string), v)
	}
	_, err := d.Token()
	return o, err
}
