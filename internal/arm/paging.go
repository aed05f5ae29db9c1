package arm

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/azerr"
)

// pageSize is the most that one answer holds, as in Azure's lists of resources.
const pageSize = 1000

// Listing is a list to be paged: the body of a Route's Answer or of an action. Keys, in the order of Items,
// tell where a page begins, so that pages neither repeat nor skip when others write meanwhile.
type Listing struct {
	Items []any
	Keys  []string
	Count bool // show "count"
}

func (x *exchange) list(t target) error {
	rs, err := x.s.List(x.r.Context(), x.caller, t.id, t.collection, x.apiVersion, x.query)
	if err != nil {
		return err
	}
	l := Listing{}
	if typ, ok := x.s.Type(t.collection); ok {
		l.Count = typ.CountInList
	}
	for _, r := range rs {
		l.Items = append(l.Items, x.s.Wire(r))
		l.Keys = append(l.Keys, r.ID.Key())
	}
	return x.page(l)
}

// page writes the part of l that $top, $skip and $skiptoken ask for.
func (x *exchange) page(l Listing) error {
	top, err := countParameter(x.query, "$top", pageSize)
	if err != nil {
		return err
	}
	begin, err := countParameter(x.query, "$skip", 0)
	if err != nil {
		return err
	}
	if token := Query(x.query, "$skiptoken"); token != "" {
		if begin, err = l.after(token); err != nil {
			return err
		}
	}
	if top == 0 || top > pageSize {
		top = pageSize
	}
	begin = min(begin, len(l.Items))
	end := min(begin+top, len(l.Items))
	body := map[string]any{"value": append([]any{}, l.Items[begin:end]...)}
	if l.Count {
		body["count"] = len(l.Items)
	}
	if end < len(l.Items) {
		body["nextLink"] = x.nextLink(l.Keys[end-1])
	}
	return x.reply(http.StatusOK, body)
}

func countParameter(q url.Values, name string, otherwise int) (int, error) {
	text := Query(q, name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, azerr.InvalidTop.New(name, text, "it must be a number, 0 or more")
	}
	return n, nil
}

// after finds where the page after the token's key begins; the key itself may have been deleted since.
func (l Listing) after(token string) (int, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) == 0 {
		return 0, azerr.InvalidTop.New("$skiptoken", token, "it is not one of this server's")
	}
	key := string(raw)
	if i := slices.Index(l.Keys, key); i >= 0 {
		return i + 1, nil
	}
	for i, k := range l.Keys {
		if k > key {
			return i, nil
		}
	}
	return len(l.Items), nil
}

// nextLink is the request's own URL with the token of the next page.
func (x *exchange) nextLink(lastKey string) string {
	q := url.Values{}
	for k, v := range x.query {
		if !strings.EqualFold(k, "$skiptoken") && !strings.EqualFold(k, "$skip") {
			q[k] = v
		}
	}
	q.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(lastKey)))
	return x.base() + x.r.URL.EscapedPath() + "?" + q.Encode()
}
