package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
	"gatehouse/internal/bicep/types"
	"gatehouse/internal/resourcetypes"
)

// recentVersions is use-recent-api-versions. How old a version may be, and how old
// it must be to be recommended, are settings of the rule, in days.
// https://learn.microsoft.com/azure/azure-resource-manager/bicep/linter-rule-use-recent-api-versions
func recentVersions(p *pass) {
	r := recency{
		pass:  p,
		today: int(p.today.Unix() / secondsADay),
		most:  p.days("maxAgeInDays", 730),
		grace: p.days("gracePeriodInDays", 90),
	}
	for _, res := range p.m.Resources {
		r.resource(res)
	}
	for _, c := range p.calls {
		r.call(c)
	}
}

const secondsADay = 24 * 60 * 60

// days is a setting of the rule; a negative one is reported.
func (p *pass) days(name string, otherwise int) int {
	n := p.settings().Int(otherwise, name)
	if n >= 0 {
		return n
	}
	p.report(syntax.Span{}, fmt.Sprintf("%s: Configuration value for %s is not valid: %d", p.rule.code, name, n))
	return otherwise
}

// version is an API version: the day it is of, counted from 1970, and for a
// preview what follows that, such as -preview.
type version struct {
	day    int
	suffix string
}

var versionForm = regexp.MustCompile(`(?i)^(\d{4}-\d{2}-\d{2})(-(?:preview|alpha|beta|rc|privatepreview))?$`)

func parseVersion(s string) (version, bool) {
	m := versionForm.FindStringSubmatch(s)
	if m == nil {
		return version{}, false
	}
	day, err := time.Parse(time.DateOnly, m[1])
	return version{int(day.Unix() / secondsADay), strings.ToLower(m[2])}, err == nil
}

func (v version) String() string {
	return time.Unix(int64(v.day)*secondsADay, 0).UTC().Format(time.DateOnly) + v.suffix
}

func (v version) stable() bool { return v.suffix == "" }

// recency is the rule at work.
type recency struct {
	*pass
	today, most, grace int // days
}

func (r recency) recent(v version) bool { return v.day >= r.today-r.most }

// fresh versions are too new to be recommended, and may be used.
func (r recency) fresh(v version) bool { return r.grace > 0 && v.day > r.today-r.grace }

// resource checks a declaration, at its API version. A type or a version that is
// not known is the compiler's to report (BCP081).
func (r recency) resource(res *sema.Resource) {
	v, ok := parseVersion(res.Type.Version)
	all := versionsOf(res.Type.Full)
	if ok && slices.Contains(all, v) {
		r.judge(versionSpan(res.Decl.Type), res.Type.Full, v, all)
	}
}

// versionSpan is what follows the @ in a type; a nested resource may have none, and
// then the whole is meant.
func versionSpan(t *syntax.StringLit) syntax.Span {
	text, _ := t.Text()
	at := t.At()
	if i := strings.IndexByte(text, '@'); i >= 0 && at.Start+1+len(text) < at.End {
		return syntax.Span{Start: at.Start + 1 + i + 1, End: at.Start + 1 + len(text)}
	}
	return at
}

// call checks a call of reference or a list function: what it is about and the API
// version are the first two arguments. Nothing else checks these.
func (r recency) call(c call) {
	if c.resource != nil || len(c.args) < 2 || !strings.Contains(c.name, "list") && !strings.Contains(c.name, "reference") {
		return
	}
	v, ok := parseVersion(r.constant(c.args[1]))
	name := r.targetType(c.args[0])
	if !ok || name == "" {
		return
	}
	all := versionsOf(name)
	switch {
	case len(all) == 0:
		text := fmt.Sprintf("Could not find resource type \"%s\".", name)
		if near := sema.Nearest(name, resourcetypes.Names()); near != "" {
			text += fmt.Sprintf(" Did you mean \"%s\"?", near)
		}
		r.report(c.node.At(), text)
	case !slices.Contains(all, v):
		r.report(c.node.At(), fmt.Sprintf("Could not find apiVersion %s for %s.", v, name)+listed(r.acceptable(all)))
	default:
		r.judge(c.node.At(), name, v, all)
	}
}

// judge reports the version v of a type, unless it is acceptable or fresh.
func (r recency) judge(at syntax.Span, name string, v version, all []version) {
	good := r.acceptable(all)
	if slices.Contains(good, v) || r.fresh(v) {
		return
	}
	r.report(at, fmt.Sprintf("Use more recent API version for '%s'. %s", name, r.reason(v, all))+listed(good))
}

// reason says what is wrong with v: a preview that is recent, and yet not newer
// than the newest stable version, or its age.
func (r recency) reason(v version, all []version) string {
	if stable, _ := apart(all); !v.stable() && r.recent(v) && len(stable) > 0 {
		switch newest := newestDay(stable); {
		case v.day < newest:
			return fmt.Sprintf("'%s' is a preview version and there is a more recent non-preview version available.", v)
		case v.day == newest:
			return fmt.Sprintf("'%s' is a preview version and there is a non-preview version available with the same date.", v)
		}
	}
	return fmt.Sprintf("'%s' is %d days old, should be no more than %d days old, or the most recent.", v, r.today-v.day, r.most)
}

func listed(good []version) string {
	var names []string
	for _, v := range good {
		names = append(names, v.String())
	}
	return " Acceptable versions: " + strings.Join(names, ", ")
}

// acceptable are the stable versions that are recent, or else the newest; and the
// recent previews after the newest stable version. Where all are previews, the
// recent ones, or else the newest. The newest comes first.
func (r recency) acceptable(all []version) []version {
	stable, previews := apart(slices.DeleteFunc(slices.Clone(all), r.fresh))
	if len(stable)+len(previews) == 0 {
		stable, previews = apart(all)
	}
	good := r.recentOrNewest(stable)
	if len(stable) == 0 {
		good = r.recentOrNewest(previews)
	} else {
		newest := newestDay(stable)
		good = append(good, keep(previews, func(v version) bool { return v.day > newest && r.recent(v) })...)
	}
	slices.SortFunc(good, func(a, b version) int {
		if a.day != b.day {
			return b.day - a.day
		}
		return strings.Compare(a.suffix, b.suffix)
	})
	return good
}

func (r recency) recentOrNewest(list []version) []version {
	if good := keep(list, r.recent); len(good) > 0 {
		return good
	}
	newest := newestDay(list)
	return keep(list, func(v version) bool { return v.day == newest })
}

// apart are the stable versions of a list and the previews.
func apart(list []version) (stable, previews []version) {
	return keep(list, version.stable), keep(list, func(v version) bool { return !v.stable() })
}

func keep(list []version, wanted func(version) bool) []version {
	var out []version
	for _, v := range list {
		if wanted(v) {
			out = append(out, v)
		}
	}
	return out
}

// newestDay is the day of the newest version of a list that is not empty.
func newestDay(list []version) int {
	day := 0
	for _, v := range list {
		day = max(day, v.day)
	}
	return day
}

// versionsOf are the API versions of a type, as far as they have the usual form.
func versionsOf(name string) []version {
	var out []version
	for _, s := range resourcetypes.Versions(name) {
		if v, ok := parseVersion(s); ok && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// constant is the text of an expression whose value is known when compiling, or "".
func (p *pass) constant(e syntax.Expr) string {
	if t := p.m.TypeOf(e); t.Kind == types.StringKind && t.Literal {
		return t.Text
	}
	return ""
}

// targetType is the type of the resource that e is the ID or the name of, or "":
// resourceId('type', ...), 'type', r.id, or a name that a resource is declared with.
func (p *pass) targetType(e syntax.Expr) string {
	if c, ok := e.(*syntax.Call); ok && c.Name.Name == "resourceId" {
		if name := p.folded(c.Args); name != "" {
			return knownPart(name)
		}
	}
	if name := p.constant(e); resourceType.MatchString(name) {
		return knownPart(name)
	}
	if a, ok := e.(*syntax.Property); ok {
		if r := p.named(a.Base); r != nil {
			return knownPart(r.Type.Full)
		}
	}
	for _, r := range p.m.Resources {
		if r.Name == nil {
			continue
		}
		if name := p.constant(e); p.same(r.Name, e) || name != "" && p.constant(r.Name) == name {
			return knownPart(r.Type.Full)
		}
	}
	return ""
}

// folded is the first of the arguments that has the form of a type, with the
// constant ones that follow it: names look like further segments.
func (p *pass) folded(args []syntax.Expr) string {
	name := ""
	for _, a := range args {
		text := p.constant(a)
		switch {
		case name != "" && text == "":
			return name
		case name != "":
			name += "/" + text
		case resourceType.MatchString(strings.TrimRight(text, "/")):
			name = strings.TrimRight(text, "/")
		}
	}
	return name
}

// knownPart takes segments off the end until Azure has a type of that name; when it
// has none, the shortest that has the form of one is meant.
func knownPart(name string) string {
	shortest := name
	for resourceType.MatchString(name) {
		if len(versionsOf(name)) > 0 {
			return name
		}
		shortest = name
		name = name[:strings.LastIndexByte(name, '/')]
	}
	return shortest
}
