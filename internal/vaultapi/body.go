package vaultapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/vault"
)

const (
	maxBody  = 1 << 20
	maxDepth = 32
)

func badParameter(format string, args ...any) error {
	return azerr.KVBadParameter.New(fmt.Sprintf(format, args...))
}

// read decodes the body, which must be one JSON object of bounded size and depth.
// Fields that are not known are ignored: newer api-versions have more.
func (q *request) read(into any) error { return q.readUpTo(maxBody, into) }

func (q *request) readUpTo(limit int64, into any) error {
	data, err := io.ReadAll(http.MaxBytesReader(nil, q.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return azerr.KVTooLarge.New(fmt.Sprintf("The request body is larger than %d bytes.", limit))
	}
	if err != nil {
		return badParameter("The request body could not be read to its end.")
	}
	return parse(data, into)
}

func parse(data []byte, into any) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(data)) == 0 {
		data = []byte("{}")
	}
	if d := depth(data); d > maxDepth {
		return badParameter("The request body is nested deeper than %d levels.", maxDepth)
	}
	if first := bytes.TrimLeft(data, " \t\r\n"); first[0] != '{' {
		return badParameter("The request body must be a JSON object.")
	}
	return jsonError(json.Unmarshal(data, into))
}

// depth is the deepest nesting of a JSON text, well-formed or not.
func depth(data []byte) int {
	now, most, text := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

func jsonError(err error) error {
	if err == nil {
		return nil
	}
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	var known *azerr.Error
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &typ):
		return badParameter("Property '%s' has an invalid value: %s is not what is expected there.", typ.Field, article(typ.Value))
	case errors.As(err, &syntax):
		return badParameter("The request body is not valid JSON: %s at byte %d.", strings.TrimPrefix(syntax.Error(), "json: "), syntax.Offset)
	}
	return badParameter("The request body is not valid: %s.", strings.TrimPrefix(err.Error(), "json: "))
}

func article(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	switch kind {
	case "array", "object":
		return "an " + kind
	case "bool":
		return "a boolean"
	}
	return "a " + kind
}

// binary is bytes in base64url, read from either alphabet, with or without padding.
type binary []byte

func (b binary) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

func (b *binary) UnmarshalText(text []byte) error {
	s := strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(string(text), "="))
	out, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return badParameter("A value that must be base64url is not: %v.", err)
	}
	*b = out
	return nil
}

// list reads the paging parameters.
func (q *request) list() (vault.ListOptions, error) {
	var o vault.ListOptions
	query := q.URL.Query()
	if s := query.Get("maxresults"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return o, badParameter("maxresults must be between 1 and 25; got '%s'.", printable(s))
		}
		o.Max = n
	}
	o.Token = query.Get("$skiptoken")
	o.IncludePending = strings.EqualFold(query.Get("includePending"), "true")
	return o, nil
}
