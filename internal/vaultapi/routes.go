package vaultapi

import (
	"net/http"
	"sort"
	"strings"

	"gatehouse/internal/azerr"
	"gatehouse/internal/vault"
)

// route is one operation. handle returns what is written as JSON; nil is an empty answer.
type route struct {
	method  string
	pattern string
	op      *vault.Operation
	status  int
	handle  func(*request) (any, error)
}

// routes are all 64 operations. Where a version may be left out, clients write
// nothing, or nothing between two slashes; both are here. Words stand before
// {name} and {version}, which they would match too.
var routes = []route{
	{"GET", "certificates", vault.OpListCertificates, 200, listCertificates},
	{"POST", "certificates/restore", vault.OpRestoreCertificate, 200, restoreCertificate},
	{"GET", "certificates/contacts", vault.OpGetContacts, 200, getContacts},
	{"PUT", "certificates/contacts", vault.OpSetContacts, 200, setContacts},
	{"DELETE", "certificates/contacts", vault.OpDeleteContacts, 200, deleteContacts},
	{"GET", "certificates/issuers", vault.OpListIssuers, 200, listIssuers},
	{"GET", "certificates/issuers/{name}", vault.OpGetIssuer, 200, getIssuer},
	{"PUT", "certificates/issuers/{name}", vault.OpSetIssuer, 200, setIssuer},
	{"PATCH", "certificates/issuers/{name}", vault.OpUpdateIssuer, 200, updateIssuer},
	{"DELETE", "certificates/issuers/{name}", vault.OpDeleteIssuer, 200, deleteIssuer},
	{"POST", "certificates/{name}/create", vault.OpCreateCertificate, 202, createCertificate},
	{"POST", "certificates/{name}/import", vault.OpImportCertificate, 200, importCertificate},
	{"POST", "certificates/{name}/backup", vault.OpBackupCertificate, 200, backupCertificate},
	{"GET", "certificates/{name}/versions", vault.OpListCertificateVersions, 200, listCertificateVersions},
	{"GET", "certificates/{name}/policy", vault.OpGetCertificatePolicy, 200, getPolicy},
	{"PATCH", "certificates/{name}/policy", vault.OpUpdateCertificatePolicy, 200, updatePolicy},
	{"GET", "certificates/{name}/pending", vault.OpGetOperation, 200, getOperation},
	{"PATCH", "certificates/{name}/pending", vault.OpUpdateOperation, 200, updateOperation},
	{"DELETE", "certificates/{name}/pending", vault.OpDeleteOperation, 200, deleteOperation},
	{"POST", "certificates/{name}/pending/merge", vault.OpMergeCertificate, 201, mergeCertificate},
	{"GET", "certificates/{name}/{version}", vault.OpGetCertificate, 200, getCertificate},
	{"PATCH", "certificates/{name}/{version}", vault.OpUpdateCertificate, 200, updateCertificate},
	{"DELETE", "certificates/{name}", vault.OpDeleteCertificate, 200, deleteCertificate},
	{"GET", "deletedcertificates", vault.OpListDeletedCertificates, 200, listDeletedCertificates},
	{"GET", "deletedcertificates/{name}", vault.OpGetDeletedCertificate, 200, getDeletedCertificate},
	{"DELETE", "deletedcertificates/{name}", vault.OpPurgeCertificate, 204, purgeCertificate},
	{"POST", "deletedcertificates/{name}/recover", vault.OpRecoverCertificate, 200, recoverCertificate},

	{"GET", "secrets", vault.OpListSecrets, 200, listSecrets},
	{"POST", "secrets/restore", vault.OpRestoreSecret, 200, restoreSecret},
	{"PUT", "secrets/{name}", vault.OpSetSecret, 200, setSecret},
	{"DELETE", "secrets/{name}", vault.OpDeleteSecret, 200, deleteSecret},
	{"POST", "secrets/{name}/backup", vault.OpBackupSecret, 200, backupSecret},
	{"GET", "secrets/{name}/versions", vault.OpListSecretVersions, 200, listSecretVersions},
	{"GET", "secrets/{name}/{version}", vault.OpGetSecret, 200, getSecret},
	{"PATCH", "secrets/{name}/{version}", vault.OpUpdateSecret, 200, updateSecret},
	{"GET", "deletedsecrets", vault.OpListDeletedSecrets, 200, listDeletedSecrets},
	{"GET", "deletedsecrets/{name}", vault.OpGetDeletedSecret, 200, getDeletedSecret},
	{"DELETE", "deletedsecrets/{name}", vault.OpPurgeSecret, 204, purgeSecret},
	{"POST", "deletedsecrets/{name}/recover", vault.OpRecoverSecret, 200, recoverSecret},

	{"GET", "keys", vault.OpListKeys, 200, listKeys},
	{"POST", "keys/restore", vault.OpRestoreKey, 200, restoreKey},
	{"PUT", "keys/{name}", vault.OpImportKey, 200, importKey},
	{"DELETE", "keys/{name}", vault.OpDeleteKey, 200, deleteKey},
	{"POST", "keys/{name}/create", vault.OpCreateKey, 200, createKey},
	{"POST", "keys/{name}/backup", vault.OpBackupKey, 200, backupKey},
	{"POST", "keys/{name}/rotate", vault.OpRotateKey, 200, rotateKey},
	{"GET", "keys/{name}/rotationpolicy", vault.OpGetRotationPolicy, 200, getRotationPolicy},
	{"PUT", "keys/{name}/rotationpolicy", vault.OpUpdateRotationPolicy, 200, updateRotationPolicy},
	{"GET", "keys/{name}/versions", vault.OpListKeyVersions, 200, listKeyVersions},
	{"POST", "keys/{name}/{version}/encrypt", vault.OpEncrypt, 200, encrypt},
	{"POST", "keys/{name}/{version}/decrypt", vault.OpDecrypt, 200, decrypt},
	{"POST", "keys/{name}/{version}/sign", vault.OpSign, 200, sign},
	{"POST", "keys/{name}/{version}/verify", vault.OpVerify, 200, verify},
	{"POST", "keys/{name}/{version}/wrapkey", vault.OpWrapKey, 200, wrapKey},
	{"POST", "keys/{name}/{version}/unwrapkey", vault.OpUnwrapKey, 200, unwrapKey},
	{"POST", "keys/{name}/{version}/release", vault.OpReleaseKey, 200, releaseKey},
	{"GET", "keys/{name}/{version}/attestation", vault.OpGetKeyAttestation, 200, getKeyAttestation},
	{"GET", "keys/{name}/{version}", vault.OpGetKey, 200, getKey},
	{"PATCH", "keys/{name}/{version}", vault.OpUpdateKey, 200, updateKey},
	{"GET", "deletedkeys", vault.OpListDeletedKeys, 200, listDeletedKeys},
	{"GET", "deletedkeys/{name}", vault.OpGetDeletedKey, 200, getDeletedKey},
	{"DELETE", "deletedkeys/{name}", vault.OpPurgeKey, 204, purgeKey},
	{"POST", "deletedkeys/{name}/recover", vault.OpRecoverKey, 200, recoverKey},
	{"POST", "rng", vault.OpGetRandomBytes, 200, getRandomBytes},
}

// compiled is a route with its pattern split, and without the {version} that may be missing.
type compiled struct {
	*route
	segments []string
}

// routeTable has the routes by their first word.
type routeTable map[string][]compiled

func newRouteTable(all []route) routeTable {
	t := routeTable{}
	for i := range all {
		r := &all[i]
		segments := strings.Split(r.pattern, "/")
		add := func(s []string) { t[s[0]] = append(t[s[0]], compiled{r, s}) }
		add(segments)
		if n := len(segments); n > 2 && segments[2] == "{version}" {
			add(append(append([]string(nil), segments[:2]...), segments[3:]...))
		}
	}
	return t
}

type variables struct{ name, version string }

// find matches a path. An empty segment at the end counts for nothing, one inside is an empty version.
func (t routeTable) find(method, path string) (*route, variables, error) {
	var parts [6]string
	n := 0
	for rest := strings.TrimPrefix(path, "/"); ; n++ {
		if n == len(parts) {
			return nil, variables{}, azerr.KVRouteNotFound.New(printable(path))
		}
		segment, after, more := strings.Cut(rest, "/")
		parts[n], rest = segment, after
		if !more {
			n++
			break
		}
	}
	for n > 1 && parts[n-1] == "" {
		n--
	}
	var allowed []string
	for _, c := range t[strings.ToLower(parts[0])] {
		v, ok := c.match(parts[:n])
		if !ok {
			continue
		}
		if c.method == method {
			return c.route, v, nil
		}
		allowed = append(allowed, c.method)
	}
	if allowed == nil {
		return nil, variables{}, azerr.KVRouteNotFound.New(printable(path))
	}
	return nil, variables{}, notAllowed(path, method, allowed)
}

func notAllowed(path, method string, allowed []string) error {
	sort.Strings(allowed)
	list := strings.Join(allowed, ", ")
	e := azerr.KVMethodNotAllowed.New(printable(path), printable(method), list)
	e.Header = http.Header{"Allow": {list}}
	return e
}

func (c *compiled) match(parts []string) (v variables, ok bool) {
	if len(parts) != len(c.segments) {
		return v, false
	}
	for i, s := range c.segments {
		switch s {
		case "{name}":
			if v.name = parts[i]; v.name == "" {
				return v, false
			}
		case "{version}":
			v.version = parts[i]
		default:
			if !strings.EqualFold(s, parts[i]) {
				return v, false
			}
		}
	}
	return v, true
}
