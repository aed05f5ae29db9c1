package config

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/diag"
	"gatehouse/internal/pki"
)

// checker collects what is wrong, with the place of the key that says it.
type checker struct {
	c    *Config
	list diag.List
}

func (k *checker) say(severity diag.Severity, code, path, message, hint string) {
	at, ok := k.c.places[path]
	if !ok { // a default: the nearest key above it
		at = diag.Range{Start: diag.Position{Line: 1, Column: 1}, End: diag.Position{Line: 1, Column: 1}}
		if i := strings.LastIndexAny(path, ".["); i > 0 {
			if above, ok := k.c.places[path[:i]]; ok {
				at = above
			}
		}
	}
	k.list = append(k.list, diag.Diagnostic{Severity: severity, Code: code, File: k.c.File, Range: at, Message: message, Hint: hint})
}

func (k *checker) wrong(path, hint, format string, args ...any) {
	k.say(diag.Error, codeValue, path, fmt.Sprintf(format, args...), hint)
}

func (k *checker) warn(path, hint, format string, args ...any) {
	k.say(diag.Warning, codeNote, path, fmt.Sprintf(format, args...), hint)
}

func (k *checker) file(path, hint, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	k.say(diag.Error, codeFile, path, strings.ToUpper(message[:1])+message[1:], hint)
}

// checkValues checks all that needs no other file.
func (c *Config) checkValues() diag.List {
	k := &checker{c: c}
	if c.Domain != "" && !isDomain(c.Domain) {
		k.wrong("domain", "Write it as in contoso.example.", "'%s' is not a domain name.", c.Domain)
	}
	k.names()
	if len(c.Listen) == 0 {
		k.wrong("listen", "Write for example 0.0.0.0:443.", "There is no address to listen on.")
	}
	for i, a := range c.Listen {
		at := fmt.Sprintf("listen[%d]", i)
		k.address(at, a)
		if slices.Contains(c.Listen[:i], a) && !strings.HasSuffix(a, ":0") {
			k.wrong(at, "Name each address once.", "'%s' stands in 'listen' twice.", a)
		}
	}
	if o := c.Operations.Listen; slices.Contains(c.Listen, o) && !strings.HasSuffix(o, ":0") {
		k.wrong("operations.listen", "Choose another port.", "'%s' is an address of 'listen', too.", o)
	}
	for i := range c.Certificates {
		k.certificate(fmt.Sprintf("certificates[%d]", i), &c.Certificates[i])
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		k.wrong("log.level", "Choose debug, info, warn or error.", "There is no log level '%s'.", c.Log.Level)
	}
	k.events()
	if c.Log.To == "off" || c.Log.To == "" {
		k.wrong("log.to", "Choose stderr, stdout or a file; a level of error keeps it short.", "The log can't be switched off.")
	}
	if c.Limits.Connections < 1 {
		k.wrong("limits.connections", "", "'limits.connections' must be at least 1.")
	}
	k.operations()
	k.tracing()
	return k.list
}

func (k *checker) names() {
	n := &k.c.Names
	seen := map[string]string{}
	for _, e := range []struct{ path, value string }{{"names.management", n.Management}, {"names.login", n.Login}, {"names.graph", n.Graph},
		{"names.pipelines", n.Pipelines}, {"names.vaults", n.Vaults}, {"names.gateways", n.Gateways}} {
		switch {
		case e.value == "":
			k.wrong("domain", "Set 'domain', or each of 'names'.", "There is no name for %s.", strings.TrimPrefix(e.path, "names."))
		case !isDomain(e.value):
			k.wrong(e.path, "", "'%s' is not a host name.", e.value)
		case seen[e.value] != "":
			k.wrong(e.path, "Give each a name of its own.", "'%s' and '%s' have the same name, %s.", e.path, seen[e.value], e.value)
		case isAzure(e.value):
			k.wrong(e.path, "Use names of your own; `gatehouse up` stands in for Azure's.", "'%s' is one of Azure's names, which a server of your own must not take.", e.value)
		}
		seen[e.value] = e.path
	}
}

func isAzure(name string) bool {
	return slices.ContainsFunc([]string{"azure.com", "azure.net", "azure-api.net", "microsoftonline.com", "microsoft.com", "windows.net"}, func(d string) bool {
		return name == d || strings.HasSuffix(name, "."+d)
	})
}

func isDomain(s string) bool {
	if len(s) > 253 || !strings.Contains(s, ".") {
		return false
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return false
	}
	for label := range strings.SplitSeq(strings.ToLower(s), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func (k *checker) address(path, a string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(a)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil {
		k.wrong(path, "Write an address and a port, as in 0.0.0.0:443 or [::]:443.", "'%s' is not an address to listen on.", a)
		return "", false
	}
	if _, err := netip.ParseAddr(host); err != nil && host != "" && host != "localhost" {
		k.wrong(path, "Write an IP address of this machine, or 0.0.0.0 for all.", "'%s' is not an address of this machine.", host)
		return "", false
	}
	_ = n // any port is one
	return host, true
}

func (k *checker) certificate(path string, x *Certificate) {
	ways := 0
	for _, given := range []bool{x.File != "", x.PFX != "", x.Vault != "" || x.Certificate != ""} {
		if given {
			ways++
		}
	}
	switch {
	case ways != 1:
		k.wrong(path, "", "A certificate needs one of 'file' (with 'key'), 'pfx' (with 'passwordFile') and 'vault' with 'certificate'.")
	case (x.Vault == "") != (x.Certificate == ""):
		k.wrong(path, "", "A certificate of a vault needs both 'vault' and 'certificate'.")
	case x.Key != "" && x.File == "":
		k.wrong(path+".key", "", "'key' belongs to 'file'.")
	case x.Vault != "" && len(x.Names) == 0:
		k.wrong(path, "Say which 'names' it serves: it may not be there yet.", "A certificate of a vault needs 'names'.")
	}
	for i, n := range x.Names {
		if !isDomain(strings.TrimPrefix(n, "*.")) {
			k.wrong(fmt.Sprintf("%s.names[%d]", path, i), "Write a host name, or *. and a domain.", "'%s' is not a host name.", n)
		}
	}
}

func (k *checker) operations() {
	o := &k.c.Operations
	if o.Listen == "" {
		return
	}
	host, ok := k.address("operations.listen", o.Listen)
	if a, err := netip.ParseAddr(host); ok && o.TokenFile == "" && host != "localhost" && (err != nil || !a.IsLoopback()) {
		k.wrong("operations.listen", "Listen on 127.0.0.1, or set 'operations.tokenFile'.", "Metrics would be open to all off this machine.")
	}
}

func (k *checker) tracing() {
	t := &k.c.Tracing
	if t.Endpoint != "" {
		u, err := url.Parse(t.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			k.wrong("tracing.endpoint", "Write for example http://127.0.0.1:4318.", "'%s' is not the URL of an OTLP/HTTP receiver.", t.Endpoint)
		}
	}
	if t.Sample < 0 || t.Sample > 1 {
		k.wrong("tracing.sample", "", "'tracing.sample' must be between 0 and 1.")
	}
}

// checkFiles checks the files that the configuration names.
func (c *Config) checkFiles() diag.List {
	k := &checker{c: c}
	for i := range c.Certificates {
		path := fmt.Sprintf("certificates[%d]", i)
		if x := &c.Certificates[i]; x.Vault == "" {
			k.load(path, x)
		}
	}
	for i, f := range c.Trust.Files {
		if _, err := c.roots(f); err != nil {
			k.file(fmt.Sprintf("trust.files[%d]", i), "", "%s.", err)
		}
	}
	for path, f := range map[string]string{"passphraseFile": c.PassphraseFile, "operations.tokenFile": c.Operations.TokenFile} {
		if f != "" {
			if _, err := readSecret(f); err != nil {
				k.file(path, "", "%s.", err)
			}
		}
	}
	places := map[string]string{"log.to": c.Log.To, "accessLog.to": c.AccessLog.To, "audit.copy": c.Audit.Copy, "events.to": c.Events.To}
	for i, l := range c.Events.Loggers {
		places[fmt.Sprintf("events.loggers[%d].to", i)] = l.To
	}
	for path, to := range places {
		if !isStream(to) && !IsURL(to) {
			k.folder(path, filepath.Dir(to))
		}
	}
	k.folder("data", existing(c.Data))
	k.covered()
	return k.list
}

// existing is the folder, or the first above it that is there: data folders are made at the start.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func (k *checker) folder(path, dir string) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		k.file(path, "Make it, and let the server's user write to it.", "The folder %s can't be used: %s.", dir, pathError(err))
	case !info.IsDir():
		k.file(path, "", "%s is not a folder.", dir)
	case !writable(dir):
		k.file(path, "Let the server's user write to it.", "The folder %s can't be written to.", dir)
	}
}

// load reads a certificate of a file and warns of what will bite later.
func (k *checker) load(path string, x *Certificate) {
	b, err := x.Load()
	if err != nil {
		at := path + ".file"
		var bad *FileError
		if errors.As(err, &bad) && bad.Key != "" {
			at = path + "." + bad.Key
		}
		k.file(at, "", "%s.", err)
		return
	}
	name := pki.DistinguishedName(b.Leaf.RawSubject)
	switch left := time.Until(b.Leaf.NotAfter); {
	case left < 0:
		k.warn(path, "Renew it: clients will refuse it.", "The certificate '%s' expired on %s.", name, b.Leaf.NotAfter.UTC().Format(time.DateOnly))
	case left < 30*24*time.Hour:
		k.warn(path, "Renew it soon.", "The certificate '%s' expires on %s.", name, b.Leaf.NotAfter.UTC().Format(time.DateOnly))
	}
	for i, n := range x.Names {
		if b.Leaf.VerifyHostname(strings.Replace(n, "*", "x", 1)) != nil {
			k.warn(fmt.Sprintf("%s.names[%d]", path, i), "Get one for it.", "The certificate '%s' is not for '%s'; clients will refuse it there.", name, n)
		}
	}
	if len(x.Names) == 0 && len(b.Leaf.DNSNames) == 0 {
		k.warn(path, "Set 'names'.", "The certificate '%s' has no names, so it serves none.", name)
	}
}

// covered warns of names that only the instance's own CA has a certificate for.
func (k *checker) covered() {
	n := k.c.Names
	for _, e := range []struct{ path, name string }{{"names.management", n.Management}, {"names.login", n.Login}, {"names.vaults", "x." + n.Vaults}, {"names.gateways", "x." + n.Gateways}} {
		if !slices.ContainsFunc(k.c.Certificates, func(x Certificate) bool { return x.serves(e.name) }) {
			k.warn("certificates", "Add a certificate, or let clients trust DATA/ca.pem.", "No certificate is for %s; the instance's own CA issues one.", strings.Replace(e.name, "x.", "*.", 1))
		}
	}
}

// serves reports whether the names of x, or of its file, have name.
func (x *Certificate) serves(name string) bool {
	names := x.Names
	if len(names) == 0 {
		if b, err := x.Load(); err == nil {
			names = b.Leaf.DNSNames
		}
	}
	return slices.ContainsFunc(names, func(pattern string) bool { return Match(pattern, name) })
}

// Match reports whether a host name, or *. and a domain, stands for name: the star for one
// label (RFC 6125 section 6.4.3).
func Match(pattern, name string) bool {
	pattern, name = strings.ToLower(pattern), strings.ToLower(name)
	if domain, ok := strings.CutPrefix(pattern, "*."); ok {
		_, rest, _ := strings.Cut(name, ".")
		return rest == domain
	}
	return pattern == name
}

// pathError is err without the path, which the message has.
func pathError(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}
