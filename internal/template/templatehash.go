package template

// Hash of the template's text, minified, as deployments show it. Bicep's compiler has a hash
// of its own, in the order of its types.
func (t *Template) Hash() string { return HashText(encode(t.raw)) }

// Minified is the template's text without white space.
func (t *Template) Minified() string { return encode(t.raw) }
