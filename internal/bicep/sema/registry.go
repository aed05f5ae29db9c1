package sema

import (
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gatehouse/internal/bicep/syntax"
)

// address is where an artifact of a registry, or a template spec, is in the official
// tool's module cache. Nothing is downloaded.
type address struct {
	folder string // below the cache
	full   string // the reference without aliases
}

// artifactRef is a reference taken apart: SCHEME:REST or SCHEME/ALIAS:REST.
type artifactRef struct{ scheme, alias, rest string }

func splitReference(ref string) artifactRef {
	scheme, rest, _ := strings.Cut(ref, ":")
	scheme, alias, _ := strings.Cut(scheme, "/")
	return artifactRef{scheme, alias, rest}
}

// Which references are valid: the grammar of OCI names, and the rules of names in Azure.
var (
	ociSegment   = regexp.MustCompile(`^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$`)
	ociTag       = regexp.MustCompile(`^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$`)
	ociDigest    = regexp.MustCompile(`^sha256:[a-f0-9]{64}$`)
	aliasName    = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	subscription = regexp.MustCompile(`(?i)^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	specName     = regexp.MustCompile(`^[-\w.()]{0,89}[-\w()]$`)
)

// How long a registry's address or a path in it may be, and a name in Azure.
const (
	maxReference = 255
	maxName      = 90
)

func tooLong(what, text string, limit int) string {
	return what + " \"" + text + "\" exceeds the maximum length of " + strconv.Itoa(limit) + " characters."
}

// address resolves the alias of a reference and checks what it refers to.
func (m *Model) address(ref string, at syntax.Span) (address, bool) {
	m.artifacts = append(m.artifacts, m.File.Source.Range(at.Start, at.End))
	r := splitReference(ref)
	if strings.Contains(strings.SplitN(ref, ":", 2)[0], "/") && !aliasName.MatchString(r.alias) {
		m.errorf("BCP211", at, "The module alias name \"%s\" is invalid. Valid characters are alphanumeric, \"_\", or \"-\".", r.alias)
		return address{}, false
	}
	if r.scheme == "ts" {
		return m.templateSpec(r, at)
	}
	return m.ociArtifact(r, at)
}

// ociArtifact is BR/REGISTRY/REPOSITORY/TAG below the cache. A file system that does
// not tell upper from lower case gets the difference as a bit mask after the tag's $.
func (m *Model) ociArtifact(r artifactRef, at syntax.Span) (address, bool) {
	if r.alias != "" && !m.ociAlias(&r, at) {
		return address{}, false
	}
	full := "br:" + r.rest
	bad := func(code, text string) (address, bool) {
		m.errorf(code, at, "%s %s", r.invalid("OCI artifact", full), text)
		return address{}, false
	}
	registry, repository, ok := strings.Cut(r.rest, "/")
	if !ok || registry == "" || repository == "" {
		return bad("BCP193", "Specify a reference in the format of \"br:<artifact-uri>:<tag>\", or \"br/<module-alias>:<module-name-or-path>:<tag>\".")
	}
	if len(registry) > maxReference {
		return bad("BCP200", tooLong("The registry", registry, maxReference))
	}
	last := strings.LastIndexByte(repository, '/') + 1
	version, digest := "", false
	if i := strings.IndexAny(repository[last:], ":@"); i >= 0 {
		i += last
		version, digest, repository = repository[i+1:], repository[i] == '@', repository[:i]
	}
	for _, s := range strings.Split(repository, "/") {
		if !ociSegment.MatchString(s) {
			return bad("BCP195", "The artifact path segment \""+s+"\" is not valid. Each artifact name path segment must be a lowercase alphanumeric string optionally separated by a \".\", \"_\" , or \"-\".")
		}
	}
	switch {
	case len(repository) > maxReference:
		return bad("BCP199", tooLong("Module path", repository, maxReference))
	case version == "":
		return bad("BCP196", "The module tag or digest is missing.")
	case digest && !ociDigest.MatchString(version):
		return bad("BCP224", "The digest \""+version+"\" is not valid. The valid format is a string \"sha256:\" followed by exactly 64 lowercase hexadecimal digits.")
	case !digest && len(version) > 128:
		return bad("BCP197", "The tag \""+version+"\" exceeds the maximum length of 128 characters.")
	case !digest && !ociTag.MatchString(version):
		return bad("BCP198", "The tag \""+version+"\" is not valid. Valid characters are alphanumeric, \".\", \"_\", or \"-\" but the tag cannot begin with \".\", \"_\", or \"-\".")
	}
	if digest {
		version = strings.ReplaceAll(version, ":", "#")
	} else {
		version = encodedTag(version)
	}
	registry = strings.ToLower(strings.ReplaceAll(registry, ":", "$"))
	return address{path.Join("br", registry, strings.ReplaceAll(repository, "/", "$"), version), full}, true
}

// ociAlias replaces the alias by its registry and path.
func (m *Model) ociAlias(r *artifactRef, at syntax.Span) bool {
	entry, found := m.settings().Get("moduleAliases", "br", r.alias).(map[string]any)
	registry, _ := entry["registry"].(string)
	module, _ := entry["modulePath"].(string)
	switch {
	case !found && r.alias == "public":
		registry, module = "mcr.microsoft.com", "bicep"
	case !found:
		m.errorf("BCP213", at, "The OCI artifact module alias name \"%s\" does not exist in the %s.", r.alias, m.settingsName())
		return false
	case registry == "":
		m.errorf("BCP216", at, "The OCI artifact module alias \"%s\" in the %s is invalid. The \"registry\" property must be specified.", r.alias, m.settingsName())
		return false
	}
	if module != "" {
		registry += "/" + module
	}
	r.rest = registry + "/" + r.rest
	return true
}

// templateSpec is TS/SUBSCRIPTION/GROUP/NAME/VERSION below the cache, in lower case.
func (m *Model) templateSpec(r artifactRef, at syntax.Span) (address, bool) {
	if r.alias != "" && !m.specAlias(&r, at) {
		return address{}, false
	}
	full := "ts:" + r.rest
	bad := func(code, text string) (address, bool) {
		m.errorf(code, at, "%s %s", r.invalid("Template Spec", full), text)
		return address{}, false
	}
	parts := strings.Split(r.rest, "/")
	name, version, versioned := strings.Cut(parts[len(parts)-1], ":")
	const letters = "Valid characters are alphanumeric, \".\", \"_\", \"-\", \"(\", or \")\", but the Template Spec name cannot end with \".\"."
	switch {
	case len(parts) != 3 || !versioned:
		return bad("BCP194", "Specify a reference in the format of \"ts:<subscription-ID>/<resource-group-name>/<template-spec-name>:<version>\", or \"ts/<module-alias>:<template-spec-name>:<version>\".")
	case !subscription.MatchString(parts[0]):
		return bad("BCP217", "The subscription ID \""+parts[0]+"\" in is not a GUID.")
	case utf16Length(parts[1]) > maxName:
		return bad("BCP218", tooLong("The resource group name", parts[1], maxName))
	case !groupName.MatchString(parts[1]):
		return bad("BCP219", "The resource group name \""+parts[1]+"\" is invalid. Valid characters are alphanumeric, unicode characters, \".\", \"_\", \"-\", \"(\", or \")\", but the resource group name cannot end with \".\".")
	case utf16Length(name) > maxName:
		return bad("BCP220", tooLong("The Template Spec name", name, maxName))
	case !specName.MatchString(name):
		return bad("BCP221", "The Template Spec name \""+name+"\" is invalid. "+letters)
	case utf16Length(version) > maxName:
		return bad("BCP222", tooLong("The Template Spec version", version, maxName))
	case !specName.MatchString(version):
		return bad("BCP223", "The Template Spec version \""+version+"\" is invalid. "+letters)
	}
	return address{strings.ToLower(path.Join("ts", parts[0], parts[1], name, version)), full}, true
}

var groupName = regexp.MustCompile(`^[-\pL\pN._()]{0,89}[-\pL\pN_()]$`)

// specAlias replaces the alias by its subscription and resource group.
func (m *Model) specAlias(r *artifactRef, at syntax.Span) bool {
	entry, found := m.settings().Get("moduleAliases", "ts", r.alias).(map[string]any)
	if !found {
		m.errorf("BCP212", at, "The Template Spec module alias name \"%s\" does not exist in the %s.", r.alias, m.settingsName())
		return false
	}
	var values [2]string
	for i, p := range [2]struct{ name, code string }{{"subscription", "BCP214"}, {"resourceGroup", "BCP215"}} {
		if values[i], _ = entry[p.name].(string); values[i] == "" {
			m.errorf(p.code, at, "The Template Spec module alias \"%s\" in the %s is in valid. The \"%s\" property cannot be null or undefined.", r.alias, m.settingsName(), p.name)
			return false
		}
	}
	r.rest = values[0] + "/" + values[1] + "/" + r.rest
	return true
}

func (r *artifactRef) invalid(what, full string) string {
	if r.alias != "" {
		return "The " + what + " reference \"" + full + "\" after resolving alias \"" + r.alias + "\" is not valid."
	}
	return "The specified " + what + " reference \"" + full + "\" is not valid."
}

// encodedTag is the folder of a tag: the tag, $, and in hexadecimal which of its
// characters are capitals, the first one in the lowest bit.
func encodedTag(tag string) string {
	var digits []byte
	for i := 0; i < len(tag); i += 4 {
		mask := int64(0)
		for j := i; j < len(tag) && j < i+4; j++ {
			if tag[j] >= 'A' && tag[j] <= 'Z' {
				mask |= 1 << (j - i)
			}
		}
		digits = append(strconv.AppendInt(nil, mask, 16), digits...)
	}
	return tag + "$" + strings.TrimLeft(string(digits), "0")
}

// cached reads a file of an artifact; nil when it is not in the cache.
func (m *Model) cached(a address, name string) (data []byte, file string) {
	if m.workspace.CacheDir == "" {
		return nil, ""
	}
	file = filepath.Join(m.workspace.CacheDir, filepath.FromSlash(a.folder), name)
	data, err := m.workspace.Read(file)
	if err != nil {
		return nil, file
	}
	return data, file
}

// notRestored reports what is not in the cache, and where it is looked for.
func (m *Model) notRestored(a address, at syntax.Span) {
	where := ""
	if m.workspace.CacheDir != "" {
		where = " It is looked for in the folder \"" + filepath.ToSlash(filepath.Join(m.workspace.CacheDir, filepath.FromSlash(a.folder))) + "\", where the official tool's \"bicep restore\" puts it."
	}
	m.errorf("BCP190", at, "The artifact with reference \"%s\" has not been restored.%s", a.full, where)
}
