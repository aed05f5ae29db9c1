package emit

import "bytes"

// plainJSON takes out what loadJsonContent allows and JSON does not: comments, and
// a comma behind the last item.
func plainJSON(data []byte) []byte {
	out := make([]byte, 0, len(data))
	comma := -1 // where the last comma is in out, while only blanks follow it
	for i := 0; i < len(data); {
		n := skipped(data[i:])
		if n > 0 {
			i += n
			continue
		}
		switch c := data[i]; c {
		case '"':
			n = stringLength(data[i:])
			comma = -1
		case ',':
			n, comma = 1, len(out)
		case '}', ']':
			if n = 1; comma >= 0 {
				out[comma] = ' '
			}
			comma = -1
		case ' ', '\t', '\r', '\n':
			n = 1
		default:
			n, comma = 1, -1
		}
		out = append(out, data[i:i+n]...)
		i += n
	}
	return out
}

// skipped is the length of the comment at the start of data.
func skipped(data []byte) int {
	switch {
	case bytes.HasPrefix(data, []byte("//")):
		if end := bytes.IndexByte(data, '\n'); end >= 0 {
			return end
		}
		return len(data)
	case bytes.HasPrefix(data, []byte("/*")):
		if end := bytes.Index(data[2:], []byte("*/")); end >= 0 {
			return end + 4
		}
	}
	return 0
}

// stringLength is the length of the string at the start of data, quotes included.
func stringLength(data []byte) int {
	for i := 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}
