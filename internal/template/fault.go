package template

import "fmt"

// evalError is an error in Resource Manager's words.
type evalError struct {
	message string
	cause   error
}

func (e *evalError) Error() string { return e.message }
func (e *evalError) Unwrap() error { return e.cause }

func fault(format string, args ...any) error {
	return &evalError{message: fmt.Sprintf(format, args...)}
}

// wrongType is a fault about v's type. Where v is not known yet, the error wraps ErrUnknown.
func wrongType(v any, format string, args ...any) error {
	e := &evalError{message: fmt.Sprintf(format, append(args, typeName(v))...)}
	if _, ok := v.(*Unknown); ok {
		e.cause = ErrUnknown
	}
	return e
}

// Error is a template that Resource Manager refuses. Message is whole, as on the
// wire; Line and Column (from 1) are 0 when the place is not known.
type Error struct {
	Code         string // InvalidTemplate, or DeploymentOutputEvaluationFailed and so on
	Message      string
	Target       string // the resource, parameter or output
	Line, Column int
	Cause        error
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }
func (e *Error) Unwrap() error { return e.Cause }

// Codes of Error.
const (
	InvalidTemplate    = "InvalidTemplate"
	InvalidParameters  = "InvalidDeploymentParameters"
	EvaluationFailed   = "DeploymentOutputEvaluationFailed"
	UnsupportedFeature = "UnsupportedTemplateFeature"
)

// validation is the commonest error: "Deployment template validation failed: '...'."
func (t *Template) validation(at int, format string, args ...any) *Error {
	line, column := t.place(at)
	return &Error{Code: InvalidTemplate, Message: "Deployment template validation failed: '" + fmt.Sprintf(format, args...) + "'.", Line: line, Column: column}
}

// where is "at line '3' and column '9' ", or nothing when the place is not known.
func (t *Template) where(at int) string {
	line, column := t.place(at)
	if line == 0 {
		return ""
	}
	return fmt.Sprintf("at line '%d' and column '%d' ", line, column)
}

// place of offset at-1; 0 means unknown.
func (t *Template) place(at int) (line, column int) {
	if at == 0 || t.source == nil {
		return 0, 0
	}
	p := t.source.Position(at - 1)
	return p.Line, p.Column
}
