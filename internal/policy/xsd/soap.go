package xsd

// Namespaces of SOAP 1.1 and 1.2.
const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
)

// envelope hands the elements inside of a SOAP body to a validation, each as a root element of its own. Headers are not
// described by the schemas of the payload, and neither are faults.
type envelope struct {
	v     *validation
	space string
	depth int
	body  bool
	inner int // depth of what is skipped; 0: nothing is
}

// ValidateSOAP is Validate for what stands in the body of a SOAP envelope. A nil schema checks the envelope only.
func (s *Schema) ValidateSOAP(text string) string {
	v := &validation{schema: s, s: newScanner(text, false), ids: map[string]bool{}}
	return v.run((&envelope{v: v}).event)
}

func (x *envelope) event(e event) {
	switch e.kind {
	case startEvent:
		x.depth++
		x.start(e)
	case textEvent:
		if len(x.v.open) > 0 && x.inner == 0 {
			x.v.event(e)
		}
	case endEvent:
		switch {
		case x.inner == x.depth:
			x.inner = 0
		case len(x.v.open) > 0 && x.inner == 0:
			x.v.event(e)
		}
		x.depth--
	}
}

func (x *envelope) start(e event) {
	switch {
	case x.inner > 0:
	case x.depth == 1:
		if x.space = e.name.Space; e.name.Local != "Envelope" || x.space != soap11 && x.space != soap12 {
			x.v.fail("The root element is not a SOAP envelope.")
		}
	case x.depth == 2 && e.name == Name{x.space, "Body"} && !x.body:
		x.body = true
	case x.depth == 2 && e.name == Name{x.space, "Header"} && !x.body:
		x.inner = x.depth
	case x.depth == 2:
		x.v.fail("The element 'Envelope' in namespace '", x.space, "' has invalid child element ", e.name.String(), ".")
	case x.depth == 3 && e.name == Name{x.space, "Fault"}, x.v.schema == nil:
		x.inner = x.depth
	default:
		x.v.event(e)
	}
}
