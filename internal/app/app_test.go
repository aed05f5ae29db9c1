package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gatehouse/internal/cli"
	"gatehouse/internal/client"
	"gatehouse/internal/datafolder"
	"gatehouse/internal/pki"
	"gatehouse/internal/pki/testca"
)

// running is a server of the test's process.
type running struct {
	cli.Ready
	stop func() error
}

// up starts a server on free ports; it is stopped when the test ends.
func up(t *testing.T, data string) *running {
	t.Helper()
	return upOn(t, data, "127.0.0.1:0")
}

func upOn(t *testing.T, data, address string) *running {
	t.Helper()
	return upLogging(t, data, address, io.Discard)
}

func upLogging(t *testing.T, data, address string, log io.Writer) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready := make(chan cli.Ready, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- Up(ctx, cli.UpOptions{Data: data, Listen: address, Proxy: address, Ready: func(r cli.Ready) { ready <- r }, Log: log})
	}()
	r := &running{}
	stopped := false
	r.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := r.stop(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
	})
	select {
	case r.Ready = <-ready:
	case err := <-ended:
		stopped = true
		t.Fatalf("the server did not start: %v", err)
	}
	return r
}

func open(t *testing.T, data string) *client.Client {
	t.Helper()
	config := t.TempDir()
	c, err := client.Open(t.Context(), client.Options{Data: data, Getenv: func(k string) string {
		if k == "AZURE_CONFIG_DIR" {
			return config
		}
		return ""
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func group(c *client.Client, name string) string {
	return "/subscriptions/" + c.Info.SubscriptionID + "/resourcegroups/" + name
}

func vaultBody(c *client.Client) map[string]any {
	return map[string]any{"location": "westeurope", "properties": map[string]any{"tenantId": c.Info.TenantID,
		"sku": map[string]any{"family": "A", "name": "standard"}, "enableRbacAuthorization": true}}
}

// TestSecondStartResumes: all of the state outlives a stop, and the same CA and tenant serve again.
func TestSecondStartResumes(t *testing.T) {
	data := t.TempDir()
	first := up(t, data)
	c := open(t, data)
	if err := c.ARM(t.Context(), "PUT", group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	before := c.Info
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	up(t, data)
	c = open(t, data)
	if err := c.ARM(t.Context(), "GET", group(c, "rg"), "2022-09-01", nil, nil); err != nil {
		t.Error(err)
	}
	if c.Info.CA != before.CA || c.Info.TenantID != before.TenantID || c.Info.Env["AZURE_CLIENT_SECRET"] != before.Env["AZURE_CLIENT_SECRET"] {
		t.Error("the second start has another CA, tenant or secret")
	}
}

// TestAddresses: what ready and the commands name can be connected to, whatever is listened on.
func TestAddresses(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "localhost:0", "[::1]:0", "0.0.0.0:0", "[::]:0", ":0"} {
		if l, err := net.Listen("tcp", address); err != nil {
			t.Logf("%s: this machine does not have it: %v", address, err)
			continue
		} else {
			l.Close()
		}
		data := t.TempDir()
		server := upOn(t, data, address)
		c := open(t, data)
		if strings.Contains(server.Listen+server.Proxy, "[::]") || c.Info.Listen != server.Listen {
			t.Errorf("%s: ready names %s and %s", address, server.Listen, server.Proxy)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM([]byte(c.Info.CA))
		direct := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
		proxied := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool},
			Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(c.Info.Env["HTTPS_PROXY"]) }}}
		for _, get := range []struct {
			client *http.Client
			url    string
		}{{direct, "https://" + server.Listen}, {proxied, client.Management}} {
			resp, err := get.client.Get(get.url + "/subscriptions?api-version=2022-12-01")
			if err != nil {
				t.Errorf("%s: %v", address, err)
				continue
			}
			resp.Body.Close()
			get.client.CloseIdleConnections()
		}
	}
}

// TestStopsSoon: connections that send nothing, or half a request, do not hold a stop up.
func TestStopsSoon(t *testing.T) {
	server := up(t, t.TempDir())
	for address, sent := range map[string]string{server.Listen: "", server.Proxy: "CONNECT x"} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(sent)); err != nil {
			t.Fatal(err)
		}
	}
	half, err := tls.Dial("tcp", server.Listen, &tls.Config{InsecureSkipVerify: true, ServerName: "management.azure.com"})
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	if _, err := half.Write([]byte("GET / HT")); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := server.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 4*time.Second { // five without care for them
		t.Errorf("the stop took %v", took)
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	data := filepath.Join(t.TempDir(), "data")
	for _, o := range []cli.UpOptions{{Listen: l.Addr().String(), Proxy: "127.0.0.1:0"}, {Listen: "127.0.0.1:0", Proxy: l.Addr().String()}} {
		o.Data, o.Log = data, io.Discard
		err := Up(t.Context(), o)
		if err == nil || !strings.Contains(err.Error(), l.Addr().String()) || !strings.Contains(err.Error(), "Choose another address with --") {
			t.Errorf("got %v, want the address and the remedy", err)
		}
	}
	if _, err := os.Stat(data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the data folder was touched: %v", err)
	}
}

func TestLockedDataFolder(t *testing.T) {
	data := t.TempDir()
	up(t, data)
	err := Up(t.Context(), cli.UpOptions{Data: data, Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), "in use by another gatehouse") || !strings.Contains(err.Error(), "--data") {
		t.Errorf("got %v, want the reason and the remedy", err)
	}
	c := open(t, data) // the first goes on
	if err := c.ARM(t.Context(), "GET", "/subscriptions/"+c.Info.SubscriptionID, "2022-12-01", nil, nil); err != nil {
		t.Error(err)
	}
}

// TestMissingRootKey: no new key is made for old data; with the old one back all is as before.
func TestMissingRootKey(t *testing.T) {
	data := t.TempDir()
	if err := up(t, data).stop(); err != nil {
		t.Fatal(err)
	}
	key, copied := filepath.Join(data, datafolder.RootFile), filepath.Join(t.TempDir(), "copy")
	if err := os.Rename(key, copied); err != nil {
		t.Fatal(err)
	}
	err := Up(t.Context(), cli.UpOptions{Data: data, Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), key+" is missing") || !strings.Contains(err.Error(), "put the file back from your copy") {
		t.Errorf("got %v, want the reason and the remedy", err)
	}
	if _, err := os.Stat(key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a new root key was made: %v", err)
	}
	if err := os.Rename(copied, key); err != nil {
		t.Fatal(err)
	}
	up(t, data)
}

// TestForeignFile: a data folder that something else wrote is refused and left as it is.
func TestForeignFile(t *testing.T) {
	data := t.TempDir()
	content := bytes.Repeat([]byte("not a store "), 1000)
	if err := os.WriteFile(filepath.Join(data, datafolder.StoreFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Up(t.Context(), cli.UpOptions{Data: data, Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard}); err == nil || !strings.Contains(err.Error(), data) {
		t.Errorf("got %v, want an error that names the folder", err)
	}
	if now, err := os.ReadFile(filepath.Join(data, datafolder.StoreFile)); err != nil || !bytes.Equal(now, content) {
		t.Errorf("the file was changed (%v)", err)
	}
}

// TestOtherVersion: a data folder of another version is refused, named, and left as it is.
func TestOtherVersion(t *testing.T) {
	data := t.TempDir()
	if err := up(t, data).stop(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(data, datafolder.StoreFile)
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte("meta")).Put([]byte("format"), binary.BigEndian.AppendUint64(nil, 99))
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, data)
	err = Up(t.Context(), cli.UpOptions{Data: data, Listen: "127.0.0.1:0", Proxy: "127.0.0.1:0", Log: io.Discard})
	if err == nil || !strings.Contains(err.Error(), data+" was written by another version") || !strings.Contains(err.Error(), "use that version, or another folder with --data") {
		t.Errorf("got %v, want the reason and the remedy", err)
	}
	if !maps.Equal(contents(t, data), before) {
		t.Error("the data folder was changed")
	}
}

// contents reads the regular files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(b)
	}
	return all
}

// TestNothingInTheClear searches every file of a used data folder for the secrets that went in.
func TestNothingInTheClear(t *testing.T) {
	data := t.TempDir()
	server := up(t, data)
	c := open(t, data)
	ctx := t.Context()
	if err := c.ARM(ctx, "PUT", group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.ARM(ctx, "PUT", group(c, "rg")+"/providers/Microsoft.KeyVault/vaults/kv-clear", "2023-07-01", vaultBody(c), nil); err != nil {
		t.Fatal(err)
	}
	const value, password = "the value that nobody may find", "the password of the PFX"
	at := "https://kv-clear.vault.azure.net"
	if err := c.JSON(ctx, "PUT", at+"/secrets/s?api-version=7.4", client.VaultAudience, map[string]any{"value": value}, nil); err != nil {
		t.Fatal(err)
	}
	root, err := testca.NewRoot(testca.Options{CommonName: "Root"})
	if err != nil {
		t.Fatal(err)
	}
	bundle, err := root.Client(testca.Options{CommonName: "client"})
	if err != nil {
		t.Fatal(err)
	}
	pfx, err := pki.EncodePFX(bundle, password)
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"value": base64.StdEncoding.EncodeToString(pfx), "pwd": password}
	if err := c.JSON(ctx, "POST", at+"/certificates/c/import?api-version=7.4", client.VaultAudience, body, nil); err != nil {
		t.Fatal(err)
	}
	pem, err := pki.EncodePEM(bundle)
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{"secret value": value, "PFX password": password, "private key": strings.Split(string(pem), "\n")[3],
		"client secret": c.Info.Env["AZURE_CLIENT_SECRET"], "identity header": c.Info.Env["IDENTITY_HEADER"]}
	if err := server.stop(); err != nil {
		t.Fatal(err)
	}
	searchFiles(t, data, secrets)
}

func searchFiles(t *testing.T, dir string, secrets map[string]string) {
	searched := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		searched++
		for what, s := range secrets {
			if s == "" {
				t.Fatalf("the %s is empty: nothing would be searched for", what)
			}
			for _, form := range []string{s, base64.StdEncoding.EncodeToString([]byte(s))[:len(s)/3*4]} {
				if bytes.Contains(content, []byte(form)) {
					t.Errorf("%s holds the %s in the clear", path, what)
				}
			}
		}
		return nil
	})
	if err != nil || searched < 4 {
		t.Fatalf("searched %d files: %v", searched, err)
	}
}

// TestNoOpenDoor: no front end answers without a token.
func TestNoOpenDoor(t *testing.T) {
	data := t.TempDir()
	server := up(t, data)
	c := open(t, data)
	for _, r := range []client.Request{
		{Method: "GET", URL: client.Management + "/subscriptions?api-version=2022-12-01"},
		{Method: "PUT", URL: client.Management + group(c, "rg") + "?api-version=2022-09-01", Body: map[string]any{"location": "x"}},
		{Method: "GET", URL: client.Graph + "/v1.0/me"},
		{Method: "GET", URL: "https://none.vault.azure.net/secrets?api-version=7.4"},
		{Method: "GET", URL: client.DevOps + "/contoso/project/_apis/distributedtask/securefiles"},
	} {
		var wire *client.Error
		if _, err := c.Do(t.Context(), r); !errors.As(err, &wire) || wire.Status != http.StatusUnauthorized {
			t.Errorf("%s %s without a token: got %v, want 401", r.Method, r.URL, err)
		}
	}
	plain := &http.Client{Timeout: 5 * time.Second}
	for host, want := range map[string]int{"": http.StatusOK, "rebound.contoso.example": http.StatusForbidden} {
		r, err := http.NewRequest("GET", "http://"+server.Proxy+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		if host != "" {
			r.Host = host
		}
		resp, err := plain.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("metrics under the name %q: %d, want %d", host, resp.StatusCode, want)
		}
	}
	resp, err := plain.Get("http://" + server.Proxy + identityPath + "?api-version=2019-08-01&resource=https://vault.azure.net")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		t.Error("the managed identity endpoint answered without its header")
	}
}
