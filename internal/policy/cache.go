package policy

import (
	"encoding/json"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// cachingType reads where values are kept. There is one cache, which stands for both.
func (c *compiler) cachingType(e *element) {
	c.choice(e, "caching-type", "prefer-external", "internal", "external")
}

// lookupRules is one cache-lookup.
type lookupRules struct {
	byDeveloper, byGroups, private, revalidate *Flag
	downstream                                 *Text
	headers, parameters                        []*Text
}

// cachedLookup is what cache-lookup leaves for cache-store.
type cachedLookup struct {
	key, control string
	revalidate   bool
}

// cacheLookup compiles <cache-lookup>: a kept response ends the run.
// https://learn.microsoft.com/azure/api-management/cache-lookup-policy
func (c *compiler) cacheLookup(e *element) builder {
	c.need(e, "vary-by-developer")
	c.need(e, "vary-by-developer-groups")
	c.cachingType(e)
	r := &lookupRules{byDeveloper: c.flag(e, "vary-by-developer", false), byGroups: c.flag(e, "vary-by-developer-groups", false),
		private: c.flag(e, "allow-private-response-caching", false), revalidate: c.flag(e, "must-revalidate", true), downstream: c.text(e, "downstream-caching-type")}
	if r.downstream != nil && r.downstream.code == nil {
		c.choice(e, "downstream-caching-type", "none", "private", "public")
	}
	for _, child := range c.children(e, "vary-by-header vary-by-query-parameter") {
		c.noAttributes(child)
		if child.name == "vary-by-header" {
			r.headers = append(r.headers, c.trimmed(child))
		} else {
			r.parameters = append(r.parameters, c.trimmed(child))
		}
	}
	at := c.origin(e)
	s := func(ex *Exchange) outcome {
		o, err := r.lookUp(ex, at)
		if err != nil {
			return at.fail(ex, err)
		}
		return o
	}
	return func(step) step { return s }
}

func (r *lookupRules) lookUp(ex *Exchange, at *origin) (outcome, error) {
	private, err := r.private.get(ex)
	if err != nil || ex.Request.Method != http.MethodGet || !private && ex.Request.Header.Has("Authorization") {
		return next, err
	}
	cache, err := ex.cache()
	if err != nil {
		return next, err
	}
	l := &cachedLookup{}
	if l.key, err = r.key(ex, at); err != nil {
		return next, err
	}
	if l.control, err = r.downstream.get(ex); err != nil {
		return next, err
	}
	if l.revalidate, err = r.revalidate.get(ex); err != nil {
		return next, err
	}
	text, ok, err := cache.Get(ex.context(), l.key)
	if err != nil || !ok {
		ex.cached = l // a cache that is out of reach is one without the value
		return next, nil
	}
	var kept keptResponse
	if json.Unmarshal([]byte(text), &kept) != nil {
		ex.cached = l
		return next, nil
	}
	ex.emptyAnswer()
	ex.Response.Status, ex.Response.Reason = kept.Status, kept.Reason
	for _, f := range kept.Header {
		ex.Response.Header.Add(f.Name, f.Value)
	}
	ex.Response.Body.Set(string(kept.Body))
	return finish, nil
}

// keptResponse is a response as the cache keeps it.
type keptResponse struct {
	Status int
	Reason string
	Header []Field
	Body   []byte
}

// key names the request: API, operation, path, and what the response varies by. Without
// vary-by-query-parameter it varies by all parameters.
func (r *lookupRules) key(ex *Exchange, at *origin) (string, error) {
	developer, err := r.byDeveloper.get(ex)
	groups, errGroups := r.byGroups.get(ex)
	headers, errHeaders := evaluate(ex, r.headers)
	parameters, errParameters := evaluate(ex, r.parameters)
	if err := firstError(err, errGroups, errHeaders, errParameters); err != nil {
		return "", err
	}
	var b strings.Builder
	part := func(s string) { b.WriteString(strconv.Quote(s)) }
	if ex.API != nil {
		part(ex.API.ID)
		part(ex.API.Revision)
	}
	part(ex.Request.Path)
	for _, h := range headers {
		part(h)
		for _, f := range ex.Request.Header.fields {
			if equalFold(f.Name, h) {
				part(f.Value)
			}
		}
	}
	part("?")
	if len(parameters) == 0 {
		all := append([]Field(nil), ex.Request.Query.Fields()...)
		sort.SliceStable(all, func(i, j int) bool { return strings.ToLower(all[i].Name) < strings.ToLower(all[j].Name) })
		for _, f := range all {
			part(strings.ToLower(f.Name))
			part(f.Value)
		}
	}
	for _, list := range parameters {
		for name := range strings.SplitSeq(list, ";") { // several names may stand in one
			v, _ := ex.Request.Query.Get(strings.TrimSpace(name))
			part(name)
			part(v)
		}
	}
	if developer && ex.Subscription != nil {
		part(ex.Subscription.ID)
	}
	if groups && ex.User != nil {
		for _, g := range ex.User.Groups {
			part(g.ID)
		}
	}
	return at.key(ex, "response", b.String()), nil
}

// cacheStore compiles <cache-store>: keeps the response under the key of cache-lookup.
func (c *compiler) cacheStore(e *element) builder {
	c.noChildren(e)
	duration := c.needNumber(e, "duration", 1, maxNumber)
	var cacheable *Flag
	if e.attribute("cache-response") != nil {
		cacheable = c.flag(e, "cache-response", true)
	}
	return c.simple(e, func(ex *Exchange) error {
		l := ex.cached
		if l == nil {
			return nil // no lookup has missed
		}
		store := ex.Response.Status == http.StatusOK
		if cacheable != nil {
			var err error
			if store, err = cacheable.get(ex); err != nil {
				return err
			}
		}
		d, err := duration.seconds(ex, 0)
		if err != nil || !store {
			return err
		}
		return storeResponse(ex, l, d)
	})
}

func storeResponse(ex *Exchange, l *cachedLookup, d time.Duration) error {
	switch strings.ToLower(l.control) {
	case "private", "public":
		control := strings.ToLower(l.control) + ", max-age=" + strconv.FormatInt(int64(d/time.Second), 10)
		if l.revalidate {
			control += ", must-revalidate"
		}
		ex.Response.Header.Set("Cache-Control", control)
	}
	body, err := ex.ResponseText()
	if err != nil {
		return err
	}
	kept := keptResponse{Status: ex.Response.Status, Reason: ex.Response.Reason, Body: []byte(body)}
	for _, f := range ex.Response.Header.fields {
		if !isFramingHeader(f.Name) && !equalFold(f.Name, "Set-Cookie") { // of one client
			kept.Header = append(kept.Header, f)
		}
	}
	text, err := json.Marshal(&kept)
	if err != nil {
		return err
	}
	_ = ex.Env.Cache.Set(ex.context(), l.key, string(text), d) // a response that is not kept is no failure
	return nil
}
