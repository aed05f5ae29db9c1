package vault

import (
	"encoding/base64"
	"sort"

	"gatehouse/internal/store"
)

// maxPage is Key Vault's page size, and the most that a caller may ask for.
const maxPage = 25

// ListOptions choose a page. Max 0 means 25; Token is the Next of the page before.
type ListOptions struct {
	Max            int
	Token          string
	IncludePending bool // certificates: also those without a finished version
}

// Page is a part of a list. Next is "" on the last one.
type Page[T any] struct {
	Items []T
	Next  string
}

// entry is a head with the kind that owns it.
type entry struct {
	key  string // lower-case name
	head head
	kind Kind
}

func (o ListOptions) limits(what Kind) (limit int, after string, err error) {
	if o.Max < 0 || o.Max > maxPage {
		return 0, "", badParameter("maxresults must be between 1 and %d; got %d.", maxPage, o.Max)
	}
	limit = o.Max
	if limit == 0 {
		limit = maxPage
	}
	if o.Token == "" {
		return limit, "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(o.Token)
	if err != nil || checkName(what, string(b)) != nil {
		return 0, "", badParameter("$skiptoken is not one that this vault gave: use nextLink as it is.")
	}
	return limit, string(b), nil
}

func token(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }

// sources are the kinds whose heads show among those of a kind: a certificate
// shows as a key and as a secret too.
func (k Kind) sources() []Kind {
	if k == Certificates {
		return []Kind{Certificates}
	}
	return []Kind{k, Certificates}
}

// list reads one page of heads in the order of their names.
func (c *call) list(kind Kind, prefix func(Kind) string, o ListOptions) (Page[entry], error) {
	limit, after, err := o.limits(kind)
	if err != nil {
		return Page[entry]{}, err
	}
	var all []entry
	more := false
	for _, source := range kind.sources() {
		entries, cut, err := c.rangeHeads(source, prefix(source), after, limit)
		if err != nil {
			return Page[entry]{}, err
		}
		all, more = append(all, entries...), more || cut
	}
	sort.Slice(all, func(i, j int) bool { return all[i].key < all[j].key })
	if len(all) > limit {
		all, more = all[:limit], true
	}
	page := Page[entry]{}
	if more && len(all) > 0 {
		page.Next = token(all[len(all)-1].key)
	}
	for _, e := range all {
		hidden := e.head.Purging || e.head.Current == "" && (kind != Certificates || !o.IncludePending)
		if !hidden {
			page.Items = append(page.Items, e)
		}
	}
	return page, nil
}

func (c *call) rangeHeads(source Kind, prefix, after string, limit int) ([]entry, bool, error) {
	opts := store.RangeOptions{Prefix: prefix, Limit: limit}
	if after != "" {
		opts.After = prefix + after
	}
	page, err := c.s.store.Range(c.ctx, opts)
	if err != nil {
		return nil, false, err
	}
	out := make([]entry, 0, len(page.Records))
	for _, r := range page.Records {
		e := entry{key: r.Key[len(prefix):], kind: source}
		if err := decode(r, &e.head); err != nil {
			return nil, false, err
		}
		out = append(out, e)
	}
	return out, page.More, nil
}

// listVersions reads one page of the versions of the object that holds name,
// which is the kind's own or a certificate.
func (c *call) listVersions(kind Kind, o ListOptions) (owner Kind, h *head, page Page[store.Record], err error) {
	limit := o.Max
	if limit < 0 || limit > maxPage {
		return "", nil, page, badParameter("maxresults must be between 1 and %d; got %d.", maxPage, o.Max)
	}
	if limit == 0 {
		limit = maxPage
	}
	owner, h, err = c.owner(kind)
	if err != nil {
		return "", nil, page, err
	}
	opts := store.RangeOptions{Prefix: c.keys.versions(owner, c.name), Limit: limit}
	if o.Token != "" {
		if err := checkVersion(kind, o.Token); err != nil {
			return "", nil, page, badParameter("$skiptoken is not one that this vault gave: use nextLink as it is.")
		}
		opts.After = opts.Prefix + o.Token
	}
	p, err := c.s.store.Range(c.ctx, opts)
	if err != nil {
		return "", nil, page, err
	}
	page.Items = p.Records
	if p.More && len(p.Records) > 0 {
		page.Next = p.Records[len(p.Records)-1].Key[len(opts.Prefix):]
	}
	return owner, h, page, nil
}

// viewVersions reads a page of versions and shows each: own shows a record of the
// kind itself, managed one of the certificate that holds the name.
func viewVersions[R, T any](c *call, kind Kind, o ListOptions, own func(*R, *call, *head, string) T, managed func(*certificateRecord, *call, *head, string) T) (Page[T], error) {
	owner, h, page, err := c.listVersions(kind, o)
	out := Page[T]{Next: page.Next}
	prefix := c.keys.versions(owner, c.name)
	for _, r := range page.Items {
		version := r.Key[len(prefix):]
		if owner == Certificates {
			record := new(certificateRecord)
			if err := decode(r, record); err != nil {
				return out, err
			}
			out.Items = append(out.Items, managed(record, c, h, version))
			continue
		}
		record := new(R)
		if err := decode(r, record); err != nil {
			return out, err
		}
		out.Items = append(out.Items, own(record, c, h, version))
	}
	return out, err
}

// owner finds the live head that name means among a kind: its own, or the certificate's.
func (c *call) owner(kind Kind) (Kind, *head, error) {
	for _, source := range kind.sources() {
		var h head
		_, found, err := c.s.read(c.ctx, c.keys.head(source, c.name), &h)
		if err != nil {
			return "", nil, err
		}
		if found && (kind == Certificates || h.Current != "") {
			return source, &h, nil
		}
	}
	return "", nil, kind.notFound(c.name)
}

// versionOf is the version that "" or a given text means.
func (c *call) versionOf(kind Kind, h *head, version string) (string, error) {
	if err := checkVersion(kind, version); err != nil {
		return "", err
	}
	if version == "" {
		return h.Current, nil
	}
	return version, nil
}
