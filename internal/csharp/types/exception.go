package types

// Exception is a .NET exception. Go code raises one by panicking with it (Throw); the
// compiled try statements and the end of the run recover it.
type Exception struct {
	Type    *Type
	Message string
	Inner   *Exception
	Param   string           // ParamName of argument exceptions
	Fields  map[string]Value // of exceptions with more properties, by name
}

// DotNetType implements Object.
func (e *Exception) DotNetType() *Type { return e.Type }

// Error is the type's full name and the message, as an unhandled exception is shown.
func (e *Exception) Error() string { return e.Type.Full + ": " + e.Message }

// Unwrap is the inner exception.
func (e *Exception) Unwrap() error {
	if e.Inner == nil {
		return nil
	}
	return e.Inner
}

// ToText implements TextOf.
func (e *Exception) ToText(*Run) string {
	s := e.Error()
	if e.Inner != nil {
		s += "\n ---> " + e.Inner.Error()
	}
	return s
}

// Throw raises an exception of the type with that full name: "System.FormatException".
func (r *Run) Throw(full, message string) {
	panic(r.NewException(full, message))
}

// NewException makes what Throw raises.
func (r *Run) NewException(full, message string) *Exception {
	t := r.Types.Named(full)
	if t == nil {
		t = ExceptionT
	}
	return &Exception{Type: t, Message: message}
}

// ThrowArgument raises ArgumentException, ArgumentNullException or another type of that
// family for the parameter, whose name .NET Framework writes on a second line.
func (r *Run) ThrowArgument(full, message, param string) { panic(r.NewArgument(full, message, param)) }

// NewArgument makes what ThrowArgument raises.
func (r *Run) NewArgument(full, message, param string) *Exception {
	switch {
	case message != "":
	case full == "System.ArgumentNullException":
		message = "Value cannot be null."
	case full == "System.ArgumentOutOfRangeException":
		message = "Specified argument was out of the range of valid values."
	default:
		message = "Value does not fall within the expected range."
	}
	if param != "" {
		message += "\r\nParameter name: " + param
	}
	e := r.NewException(full, message)
	e.Param = param
	return e
}

// NotNull raises ArgumentNullException when v is null.
func (r *Run) NotNull(v Value, param string) {
	if v.ref == nil {
		r.ThrowArgument("System.ArgumentNullException", "", param)
	}
}

// OutOfRange raises ArgumentOutOfRangeException.
func (r *Run) OutOfRange(param, message string) {
	r.ThrowArgument("System.ArgumentOutOfRangeException", message, param)
}

// ThrowNullReference raises NullReferenceException.
func (r *Run) ThrowNullReference() {
	r.Throw("System.NullReferenceException", "Object reference not set to an instance of an object.")
}

// ThrowFormat raises FormatException with its usual text.
func (r *Run) ThrowFormat() {
	r.Throw("System.FormatException", "Input string was not in a correct format.")
}

// ThrowOverflow raises OverflowException for a conversion to a type ("an Int32").
func (r *Run) ThrowOverflow(to string) {
	message := "Arithmetic operation resulted in an overflow."
	if to != "" {
		message = "Value was either too large or too small for " + to + "."
	}
	r.Throw("System.OverflowException", message)
}
