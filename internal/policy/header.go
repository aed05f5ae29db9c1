package policy

// Field is one header line or query parameter.
type Field struct{ Name, Value string }

// Header is an ordered list of header fields, compared without regard to case as
// RFC 9110 section 5.1 asks. A list, since a request has about ten of them: a
// scan is quicker than a hash and keeps order and spelling. The zero value is ready.
//
// Names and values may point into an engine's buffers, which live as long as the
// exchange: who keeps one longer must clone it.
type Header struct{ fields []Field }

// Fields are all fields in order; the caller must not change them.
func (h *Header) Fields() []Field { return h.fields }

// Reset forgets all fields and keeps the room for them.
func (h *Header) Reset() { clear(h.fields); h.fields = h.fields[:0] }

// Get is the value of the first field of that name, "" without one.
func (h *Header) Get(name string) string {
	for i := range h.fields {
		if sameFieldName(h.fields[i].Name, name) {
			return h.fields[i].Value
		}
	}
	return ""
}

// Has reports whether there is a field of that name.
func (h *Header) Has(name string) bool {
	for i := range h.fields {
		if sameFieldName(h.fields[i].Name, name) {
			return true
		}
	}
	return false
}

// Count is the number of fields of that name.
func (h *Header) Count(name string) (n int) {
	for i := range h.fields {
		if sameFieldName(h.fields[i].Name, name) {
			n++
		}
	}
	return n
}

// Add appends a field.
func (h *Header) Add(name, value string) { h.fields = append(h.fields, Field{name, value}) }

// Set replaces all fields of that name by one, at the place of the first.
func (h *Header) Set(name, value string) {
	for i := range h.fields {
		if sameFieldName(h.fields[i].Name, name) {
			h.fields[i] = Field{name, value}
			h.deleteFrom(i+1, name)
			return
		}
	}
	h.Add(name, value)
}

// Delete removes all fields of that name.
func (h *Header) Delete(name string) { h.deleteFrom(0, name) }

func (h *Header) deleteFrom(start int, name string) {
	kept := h.fields[:start]
	for _, f := range h.fields[start:] {
		if !sameFieldName(f.Name, name) {
			kept = append(kept, f)
		}
	}
	clear(h.fields[len(kept):])
	h.fields = kept
}
