package policy

import (
	"net/http"
	"strings"
)

// jsonp compiles <jsonp>: a script that calls the function which the client names.
func (c *compiler) jsonp(e *element) builder {
	c.noChildren(e)
	parameter := c.needText(e, "callback-parameter-name")
	return c.simple(e, func(ex *Exchange) error {
		name, err := parameter.get(ex)
		if err != nil {
			return err
		}
		callback, ok := ex.Request.Query.Get(name)
		if !ok || callback == "" {
			return nil
		}
		if !isCallback(callback) {
			return &Error{Reason: "CallbackParameterInvalid", Status: http.StatusBadRequest,
				Message: "Value of callback parameter " + name + " is not a valid JavaScript identifier."}
		}
		text, err := ex.ResponseText()
		if err == nil {
			ex.setMessageText(callback + "(" + text + ");")
			ex.Response.Header.Set("Content-Type", "application/javascript")
			ex.Response.Header.Set("X-Content-Type-Options", "nosniff")
		}
		return err
	})
}

// isCallback reports whether s is a JavaScript identifier, or several with dots between them.
func isCallback(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		for i := 0; i < len(part); i++ {
			c := part[i]
			letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '$'
			if !letter && (i == 0 || c < '0' || c > '9') {
				return false
			}
		}
		if part == "" {
			return false
		}
	}
	return true
}
