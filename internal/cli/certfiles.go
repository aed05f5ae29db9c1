package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// certFile is one file to be written.
type certFile struct {
	kind, path string
	data       []byte
	secret     bool
}

// certReport is what -o json shows of a certificate.
type certReport struct {
	Kind       string            `json:"kind"`
	Subject    string            `json:"subject"`
	Issuer     string            `json:"issuer"`
	Thumbprint string            `json:"thumbprint"`
	NotBefore  time.Time         `json:"notBefore"`
	NotAfter   time.Time         `json:"notAfter"`
	Files      map[string]string `json:"files"`
}

// readIssuer reads the authority of --issuer: the file as named, or with .pem or .pfx.
func (f *certFlags) readIssuer(env *Env) (*testca.Authority, error) {
	if f.issuer == "" {
		return nil, errors.New("--issuer is missing: the PEM or PFX file of the authority that signs; make one with: gatehouse cert root")
	}
	path, data, err := readFirst(env, f.issuer, f.issuer+".pem", f.issuer+".pfx")
	if err != nil {
		return nil, fmt.Errorf("--issuer: %w", err)
	}
	password, _, err := f.issuerPassword.read(env)
	if err != nil {
		return nil, err
	}
	bundle, err := pki.Decode(data, password, false)
	if err != nil {
		return nil, fmt.Errorf("--issuer %s: %w", path, err)
	}
	a, err := testca.FromBundle(bundle)
	if err != nil {
		return nil, fmt.Errorf("--issuer %s: %w", path, err)
	}
	return a, nil
}

// readFirst reads the first of paths that is a file.
func readFirst(env *Env, paths ...string) (string, []byte, error) {
	var first error
	for _, path := range paths {
		data, err := os.ReadFile(env.path(path))
		if err == nil {
			return path, data, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", nil, first
}

// path is a file named on the command line, seen from the working directory.
func (env *Env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(env.Dir, name)
}

// finish writes the files that the flags name and reports them.
func (f *certFlags) finish(env *Env, kind certKind, b *pki.Bundle) error {
	password, given, err := f.password.read(env)
	if err != nil {
		return fmt.Errorf("cert %s: %w", kind.use, err)
	}
	files, err := f.files(kind, b, password)
	if err == nil {
		err = writeCertFiles(env, files, f.force)
	}
	if err != nil {
		return fmt.Errorf("cert %s: %w", kind.use, err)
	}
	reports := []certReport{report(kind.use, b, files)}
	if f.output == "json" {
		return printJSON(env, reports[0])
	}
	return printReports(env, reports, given)
}

// files encodes b for the files named, or for the whole family.
func (f *certFlags) files(kind certKind, b *pki.Bundle, password string) ([]certFile, error) {
	names := certFlags{pem: f.pem, cer: f.cer, bare: f.bare, pfx: f.pfx, legacy: f.legacy}
	if f.out != "" || f.pem+f.cer+f.bare+f.pfx == "" {
		base := f.out
		if base == "" {
			base = fileName(f.name)
		}
		names.pem, names.cer, names.bare = base+".pem", base+".cer", base+".bare.cer"
		if names.pfx == "" && !kind.authority {
			names.pfx = base + ".pfx"
		}
	}
	return names.encode(b, password)
}

func (f *certFlags) encode(b *pki.Bundle, password string) (files []certFile, err error) {
	if f.pem != "" {
		data, err := pki.EncodePEM(b)
		if err != nil {
			return nil, err
		}
		files = append(files, certFile{"pem", f.pem, data, true})
	}
	if f.cer != "" {
		files = append(files, certFile{"cer", f.cer, pki.EncodeCER(b.Leaf, true), false})
	}
	if f.bare != "" {
		files = append(files, certFile{"bareCer", f.bare, pki.EncodeCER(b.Leaf, false), false})
	}
	if f.pfx != "" {
		encode := pki.EncodePFX
		if f.legacy {
			encode = pki.EncodeLegacyPFX
		}
		data, err := encode(b, password)
		if err != nil {
			return nil, err
		}
		files = append(files, certFile{"pfx", f.pfx, data, true})
	}
	return files, nil
}

// fileName makes a file's name of a common name.
func fileName(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, name), "-.")
}

// writeCertFiles writes all files or none.
func writeCertFiles(env *Env, files []certFile, force bool) error {
	for _, f := range files {
		if _, err := os.Stat(env.path(f.path)); err == nil && !force {
			return fmt.Errorf("%s exists; choose another name with --out, or replace it with --force", f.path)
		}
	}
	for i, f := range files {
		if err := writeCertFile(env.path(f.path), f, force); err != nil {
			for _, written := range files[:i] {
				_ = os.Remove(env.path(written.path))
			}
			return err
		}
	}
	return nil
}

func writeCertFile(path string, f certFile, force bool) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if force { // a new file, so that the mode is ours and a link is not followed
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	mode := os.FileMode(0o644)
	if f.secret {
		mode = 0o600
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(f.data)
	return errors.Join(err, file.Close())
}

func report(kind string, b *pki.Bundle, files []certFile) certReport {
	r := certReport{
		Kind: kind, Subject: pki.DistinguishedName(b.Leaf.RawSubject), Issuer: pki.DistinguishedName(b.Leaf.RawIssuer),
		Thumbprint: pki.Thumbprint(b.Leaf), NotBefore: b.Leaf.NotBefore, NotAfter: b.Leaf.NotAfter, Files: map[string]string{},
	}
	for _, f := range files {
		r.Files[f.kind] = f.path
	}
	return r
}

func printJSON(env *Env, v any) error {
	encoder := json.NewEncoder(env.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

func printReports(env *Env, reports []certReport, passwordGiven bool) error {
	hasPFX := false
	for _, r := range reports {
		var files []string
		for _, kind := range []string{"pem", "cer", "bareCer", "pfx"} {
			if path := r.Files[kind]; path != "" {
				files = append(files, path)
			}
		}
		hasPFX = hasPFX || r.Files["pfx"] != ""
		_, err := fmt.Fprintf(env.Stdout, "%-12s  %s  %s to %s  %s\n              %s\n", r.Kind, r.Subject,
			r.NotBefore.Format(time.DateOnly), r.NotAfter.Format(time.DateOnly), r.Thumbprint, strings.Join(files, "  "))
		if err != nil {
			return err
		}
	}
	if hasPFX && !passwordGiven {
		_, err := fmt.Fprintln(env.Stdout, "The password of the PFX is empty; choose one with --password-file, --password-stdin or --password-env.")
		return err
	}
	return nil
}
