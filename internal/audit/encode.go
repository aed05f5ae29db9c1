package audit

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

// append writes the record as encoding/json would, in a quarter of its time: a record is
// made for every request to a vault, and stands in its way.
func (r *Record) append(to []byte) []byte {
	to = append(to, `{"time":"`...)
	to = r.Time.AppendFormat(to, time.RFC3339Nano)
	to = append(to, '"')
	for _, m := range [...]struct{ name, value string }{
		{"requestId", r.RequestID}, {"caller", r.Caller}, {"callerName", r.CallerName}, {"appId", r.AppID}, {"address", r.Address},
	} {
		to = appendMember(to, m.name, m.value)
	}
	to = append(to, `,"action":`...)
	to = appendText(to, r.Action)
	to = appendMember(to, "resource", r.Resource)
	to = appendMember(to, "decision", r.Decision)
	if r.Status != 0 {
		to = strconv.AppendInt(append(to, `,"status":`...), int64(r.Status), 10)
	}
	to = appendMember(to, "result", r.Result)
	if len(r.Extra) > 0 {
		to = r.appendExtra(append(to, `,"extra":{`...))
	}
	return append(to, '}')
}

// appendExtra sorts by name, so that equal records are equal lines.
func (r *Record) appendExtra(to []byte) []byte {
	var room [8]string
	names := slices.AppendSeq(room[:0], maps.Keys(r.Extra))
	slices.Sort(names)
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendText(append(appendText(to, name), ':'), r.Extra[name])
	}
	return append(to, '}')
}

// appendMember leaves an empty value out.
func appendMember(to []byte, name, value string) []byte {
	if value == "" {
		return to
	}
	to = append(append(append(to, `,"`...), name...), `":`...)
	return appendText(to, value)
}

// appendText quotes; what is not plain ASCII goes by encoding/json.
func appendText(to []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(text) // no string fails
			return append(to, quoted...)
		}
	}
	return append(append(append(to, '"'), text...), '"')
}
