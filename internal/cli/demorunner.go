package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"gatehouse/examples"
)

// demoRunner walks the road by running this program's own commands, and by calls
// through the proxy with the variables of `gatehouse env`. Nothing here reaches inside.
type demoRunner struct {
	env  *Env
	exe  string
	dir  string // temporary; holds examples/, data/ and the certificates
	data string

	server *exec.Cmd
	log    string
	vars   map[string]string
	http   *http.Client

	group, vault, client, backend, certificate string
	clientURL, backendURL, vaultURL            string
	app                                        struct{ AppID, ObjectID string }
	password                                   string
	subject, thumbprint                        string
	rotationRequests                           int64
	rotationDelay                              time.Duration
}

func newDemo(env *Env) (*demoRunner, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "gatehouse-demo-")
	if err != nil {
		return nil, err
	}
	d := &demoRunner{env: env, exe: exe, dir: dir, data: filepath.Join(dir, "data"), log: filepath.Join(dir, "server.log"),
		group: "rg-mtls", vault: "kv-mtls-demo", client: "contoso-client", backend: "contoso-backend", certificate: "client-certificate"}
	d.clientURL, d.backendURL, d.vaultURL = "https://"+d.client+".azure-api.net", "https://"+d.backend+".azure-api.net", "https://"+d.vault+".vault.azure.net"
	secret := make([]byte, 12)
	rand.Read(secret) // never fails (crypto/rand)
	d.password = hex.EncodeToString(secret)
	return d, os.CopyFS(filepath.Join(dir, "examples"), examples.Files)
}

// close ends the server and, unless keep, removes the folder.
func (d *demoRunner) close(keep bool) {
	if d.server != nil {
		_ = d.server.Process.Signal(syscall.SIGTERM)
		_ = d.server.Wait() // it was told to end: its status says nothing new
	}
	if keep {
		fmt.Fprintln(d.env.Stdout, "kept:", d.dir)
		return
	}
	_ = os.RemoveAll(d.dir)
}

// commandError is a command that ended with another status than wanted.
type commandError struct {
	line   string
	status int
	output string
}

func (e *commandError) Error() string {
	return fmt.Sprintf("%s: exit status %d\n%s", e.line, e.status, strings.TrimSpace(e.output))
}

// run runs `gatehouse ARGS...` in the demo's folder and returns standard output. extra
// goes into its environment.
func (d *demoRunner) run(ctx context.Context, extra []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, d.exe, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // so that it cleans up
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = d.dir
	cmd.Env = append(cleanEnviron(), append([]string{"GATEHOUSE_DATA=" + d.data, "AZURE_CONFIG_DIR=" + filepath.Join(d.dir, "azure")}, extra...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return stdout.String(), &commandError{"gatehouse " + strings.Join(args, " "), exit.ExitCode(), stdout.String() + stderr.String()}
	}
	return stdout.String(), err
}

// cleanEnviron is this process's environment without what would point commands elsewhere.
func cleanEnviron() (kept []string) {
	for _, kv := range os.Environ() {
		k, _, _ := strings.Cut(kv, "=")
		up := strings.ToUpper(k)
		if strings.HasPrefix(up, "AZURE_") || strings.HasPrefix(up, "GATEHOUSE_") || strings.HasPrefix(up, "IDENTITY_") || strings.HasPrefix(up, "MSI_") || strings.HasSuffix(up, "_PROXY") {
			continue
		}
		kept = append(kept, kv)
	}
	return kept
}

func (d *demoRunner) start(ctx context.Context) ([]string, error) {
	log, err := os.Create(d.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	d.server = exec.Command(d.exe, "up", "--data", d.data, "--listen", "127.0.0.1:0", "--proxy", "127.0.0.1:0")
	d.server.Dir, d.server.Env, d.server.Stderr = d.dir, cleanEnviron(), log
	out, err := d.server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := d.server.Start(); err != nil {
		d.server = nil
		return nil, err
	}
	ready, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.HasPrefix(ready, "ready ") {
		text, _ := os.ReadFile(d.log)
		return nil, fmt.Errorf("the server did not become ready:\n%s", text)
	}
	text, err := d.run(ctx, nil, "env", "--shell", "dotenv")
	if err != nil {
		return nil, err
	}
	d.vars = map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		if k, v, ok := strings.Cut(line, "="); ok {
			d.vars[k] = dotenvUnquote(v)
		}
	}
	d.http, err = d.newHTTP()
	return []string{"$ gatehouse up --data " + d.data, strings.TrimSpace(ready)}, err
}

// newHTTP goes by HTTPS_PROXY and SSL_CERT_FILE, as curl would.
func (d *demoRunner) newHTTP() (*http.Client, error) {
	proxy, err := url.Parse(d.vars["HTTPS_PROXY"])
	if err != nil {
		return nil, err
	}
	bundle, err := os.ReadFile(d.vars["SSL_CERT_FILE"])
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(bundle) {
		return nil, errors.New("SSL_CERT_FILE holds no certificate")
	}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{Proxy: http.ProxyURL(proxy), MaxIdleConnsPerHost: 8, TLSClientConfig: &tls.Config{RootCAs: pool}}}, nil
}

func (d *demoRunner) deployPrerequisites(ctx context.Context) ([]string, error) {
	if _, err := d.run(ctx, nil, "az", "group", "create", "-n", d.group, "-l", "westeurope"); err != nil {
		return nil, err
	}
	user, err := d.run(ctx, nil, "az", "ad", "signed-in-user", "show", "--query", "id", "-o", "tsv")
	if err != nil {
		return nil, err
	}
	out, err := d.run(ctx, nil, "az", "deployment", "group", "create", "-g", d.group, "-f", "examples/mtls/prerequisites.bicep", "-p", "vaultName="+d.vault,
		"clientServiceName="+d.client, "backendServiceName="+d.backend, "administratorId="+strings.TrimSpace(user))
	if err != nil {
		return nil, err
	}
	n, err := deployed(out)
	if err != nil {
		return nil, err
	}
	return []string{"$ gatehouse az deployment group create -g " + d.group + " -f examples/mtls/prerequisites.bicep -p ...",
		fmt.Sprintf("%d resources: vault %s, services %s and %s, two role assignments on the vault", n, d.vault, d.client, d.backend)}, nil
}

// deployed reads a deployment's answer and gives its number of resources.
func deployed(out string) (int, error) {
	var answer struct {
		Properties struct {
			ProvisioningState string           `json:"provisioningState"`
			OutputResources   []map[string]any `json:"outputResources"`
		} `json:"properties"`
	}
	if err := json.Unmarshal([]byte(out), &answer); err != nil {
		return 0, fmt.Errorf("the deployment's answer is no JSON: %w", err)
	}
	if answer.Properties.ProvisioningState != "Succeeded" {
		return 0, fmt.Errorf("the deployment ended as %q", answer.Properties.ProvisioningState)
	}
	return len(answer.Properties.OutputResources), nil
}

const pipelineFile = "examples/pipeline/azure-pipelines.yml"

func (d *demoRunner) pipeline(ctx context.Context) error {
	_, err := d.run(ctx, []string{"CLIENT_CERTIFICATE_PASSWORD=" + d.password}, "pipeline", "run", pipelineFile, "--secure-file", "client.pfx=client.pfx",
		"--service-connection", "contoso-deploy="+d.app.AppID, "--var", "keyVaultName="+d.vault, "--secret-var", "clientCertificatePassword=CLIENT_CERTIFICATE_PASSWORD")
	return err
}

func (d *demoRunner) pipelineForbidden(ctx context.Context) ([]string, error) {
	if err := d.makeCertificate(ctx, "client", "client.pfx"); err != nil {
		return nil, err
	}
	out, err := d.run(ctx, nil, "az", "ad", "sp", "create-for-rbac", "-n", "contoso-deploy", "--role", "Contributor", "--scopes", "/subscriptions/"+d.vars["AZURE_SUBSCRIPTION_ID"],
		"--only-show-errors", "--query", "appId", "-o", "tsv")
	if err != nil {
		return nil, err
	}
	d.app.AppID = strings.TrimSpace(out)
	if out, err = d.run(ctx, nil, "az", "ad", "sp", "show", "--id", d.app.AppID, "--query", "id", "-o", "tsv"); err != nil {
		return nil, err
	}
	d.app.ObjectID = strings.TrimSpace(out)
	err = d.pipeline(ctx)
	var failed *commandError
	if err == nil || !errors.As(err, &failed) {
		return nil, fmt.Errorf("the pipeline must fail with the vault's Forbidden error; it gave: %v", err)
	}
	return d.checkForbidden(failed.output)
}

// checkForbidden looks for each part of the error that the vault owes.
func (d *demoRunner) checkForbidden(output string) ([]string, error) {
	scope := strings.ToLower("/subscriptions/" + d.vars["AZURE_SUBSCRIPTION_ID"] + "/resourcegroups/" + d.group + "/providers/microsoft.keyvault/vaults/" + d.vault + "/certificates/" + d.certificate)
	wanted := []string{"Code: Forbidden", "Caller is not authorized to perform action on resource.", "Caller: appid=", "oid=" + d.app.ObjectID,
		"iss=https://sts.windows.net/" + d.vars["AZURE_TENANT_ID"] + "/", "Action: 'Microsoft.KeyVault/vaults/certificates/import/action'",
		"Resource: '" + scope + "'", "Assignment: (not found)", "DecisionReason: 'DeniedWithNoValidRBAC'", "Vault: " + d.vault + ";location=westeurope", `"code": "ForbiddenByRbac"`}
	for _, w := range wanted {
		if !strings.Contains(output, w) {
			return nil, fmt.Errorf("the pipeline's output lacks %q:\n%s", w, output)
		}
	}
	if strings.Contains(output, d.password) {
		return nil, errors.New("the pipeline's output shows the password")
	}
	shown := []string{"$ gatehouse pipeline run " + pipelineFile + " --secure-file client.pfx=client.pfx ..."}
	for _, line := range strings.Split(output, "\n") {
		for _, w := range []string{"Code: Forbidden", "Action: '", "Assignment: (", "DecisionReason: '"} {
			if i := strings.Index(line, w); i >= 0 && len(shown) < 5 {
				shown = append(shown, strings.TrimSpace(line[i:]))
			}
		}
	}
	return shown, nil
}

// makeCertificate makes a root once, and a client certificate from it as a PFX.
func (d *demoRunner) makeCertificate(ctx context.Context, name, file string) error {
	secret := []string{"PFX_PASSWORD=" + d.password}
	if _, err := os.Stat(filepath.Join(d.dir, "root.pem")); errors.Is(err, os.ErrNotExist) {
		if _, err := d.run(ctx, nil, "cert", "root", "--name", "Contoso Root CA", "--out", "root"); err != nil {
			return err
		}
	}
	_, err := d.run(ctx, secret, "cert", "client", "--name", name, "--issuer", "root", "--pfx", file, "--password-env", "PFX_PASSWORD")
	return err
}

func (d *demoRunner) pipelineSucceeds(ctx context.Context) ([]string, error) {
	id, err := d.run(ctx, nil, "az", "keyvault", "show", "-n", d.vault, "--query", "id", "-o", "tsv")
	if err != nil {
		return nil, err
	}
	if _, err := d.run(ctx, nil, "az", "role", "assignment", "create", "--role", "a4417e6f-fecd-4de8-b567-7b0420556985", "--assignee-object-id", d.app.ObjectID,
		"--assignee-principal-type", "ServicePrincipal", "--scope", strings.TrimSpace(id)); err != nil {
		return nil, err
	}
	if err := d.pipeline(ctx); err != nil {
		return nil, err
	}
	out, err := d.run(ctx, nil, "az", "keyvault", "certificate", "show", "--vault-name", d.vault, "-n", d.certificate, "--query", "x509ThumbprintHex", "-o", "tsv")
	if err != nil {
		return nil, err
	}
	d.thumbprint = strings.TrimSpace(out)
	if err := d.conflicts(ctx); err != nil {
		return nil, err
	}
	return []string{"$ gatehouse az role assignment create --role a4417e6f-fecd-4de8-b567-7b0420556985 ...", "imported " + d.certificate + ", thumbprint " + d.thumbprint,
		"a secret of the same name is refused, and a certificate of a secret's name: 409 Conflict"}, nil
}

// conflicts checks that a certificate and a plain secret can't share a name, either way.
func (d *demoRunner) conflicts(ctx context.Context) error {
	secret := []string{"PFX_PASSWORD=" + d.password}
	_, err := d.run(ctx, nil, "az", "keyvault", "secret", "set", "--vault-name", d.vault, "-n", d.certificate, "--value", "x")
	if err := wantError(err, "(Conflict)", "setting a secret with the certificate's name"); err != nil {
		return err
	}
	if _, err := d.run(ctx, nil, "az", "keyvault", "secret", "set", "--vault-name", d.vault, "-n", "plain-secret", "--value", "x"); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(d.dir, "password.txt"), []byte(d.password), 0o600); err != nil {
		return err
	}
	_, err = d.run(ctx, secret, "az", "keyvault", "certificate", "import", "--vault-name", d.vault, "-n", "plain-secret", "--file", "client.pfx", "--password", "@password.txt")
	return wantError(err, "(Conflict)", "importing a certificate with the secret's name")
}

func wantError(err error, text, what string) error {
	var failed *commandError
	if errors.As(err, &failed) && strings.Contains(failed.output, text) {
		return nil
	}
	return fmt.Errorf("%s must end with %s; it gave: %v", what, text, err)
}

func (d *demoRunner) deployMain(ctx context.Context) ([]string, error) {
	out, err := d.run(ctx, nil, "az", "deployment", "group", "create", "-g", d.group, "-f", "examples/mtls/main.bicep", "-p", "clientServiceName="+d.client,
		"backendServiceName="+d.backend, "vaultName="+d.vault, "certificateName="+d.certificate)
	if err != nil {
		return nil, err
	}
	n, err := deployed(out)
	if err != nil {
		return nil, err
	}
	return []string{"$ gatehouse az deployment group create -g " + d.group + " -f examples/mtls/main.bicep -p ...", fmt.Sprintf("%d resources: certificate (by reference to the vault), backend, API, policy, operation", n)}, nil
}

// statusPath is API Management's health endpoint on the Consumption tier.
const statusPath = "/internal-status-0123456789abcdef"

// seen is what the backend's health endpoint says of the certificate that it saw.
type seen struct {
	ClientCertificate *struct {
		Subject    string `json:"subject"`
		Thumbprint string `json:"thumbprint"`
	} `json:"clientCertificate"`
}

func (d *demoRunner) get(ctx context.Context, url string) (status int, s seen, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, s, err
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return 0, s, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return 0, s, err
	}
	_ = json.Unmarshal(body, &s) // another body than expected leaves s empty, which the caller reports
	return resp.StatusCode, s, nil
}

func (d *demoRunner) call(ctx context.Context) ([]string, error) {
	direct, through := d.backendURL+statusPath, d.clientURL+"/backend"+statusPath
	status, _, err := d.get(ctx, direct)
	if err != nil || status != http.StatusForbidden {
		return nil, fmt.Errorf("GET %s without a certificate: want 403, got %d (%v)", direct, status, err)
	}
	status, s, err := d.get(ctx, through)
	if err != nil || status != http.StatusOK || s.ClientCertificate == nil {
		return nil, fmt.Errorf("GET %s: want 200 and the certificate that the backend saw, got %d (%v)", through, status, err)
	}
	if s.ClientCertificate.Thumbprint != d.thumbprint {
		return nil, fmt.Errorf("the backend saw the certificate %s; imported was %s", s.ClientCertificate.Thumbprint, d.thumbprint)
	}
	d.subject = s.ClientCertificate.Subject
	return []string{"$ curl " + direct, "403", "$ curl " + through, "200  the backend saw " + d.subject}, nil
}

// rotate imports a second version while four clients call without a pause.
func (d *demoRunner) rotate(ctx context.Context) ([]string, error) {
	if err := d.makeCertificate(ctx, "client", "renewed.pfx"); err != nil {
		return nil, err
	}
	load := &rotationLoad{d: d, url: d.clientURL + "/backend" + statusPath, old: d.thumbprint}
	loadCtx, stop := context.WithCancel(ctx)
	defer stop()
	load.run(loadCtx, 4)
	if err := load.reach(ctx, 50); err != nil {
		return nil, err
	}
	out, err := d.run(ctx, nil, "az", "keyvault", "certificate", "import", "--vault-name", d.vault, "-n", d.certificate, "--file", "renewed.pfx", "--password", "@password.txt",
		"--query", "x509ThumbprintHex", "-o", "tsv")
	imported := time.Now()
	if err != nil {
		return nil, err
	}
	renewed := strings.TrimSpace(out)
	for first := load.firstNew.Load(); first == nil; first = load.firstNew.Load() {
		if time.Since(imported) > time.Second {
			return nil, errors.New("a second after the import the backend still saw the old certificate")
		}
		if err := load.reach(ctx, load.ok.Load()+10); err != nil {
			return nil, err
		}
	}
	if err := load.reach(ctx, load.ok.Load()+50); err != nil {
		return nil, err
	}
	stop()
	load.wg.Wait()
	first := load.firstNew.Load()
	if first.thumbprint != renewed {
		return nil, fmt.Errorf("the backend saw %s, which is neither version", first.thumbprint)
	}
	if n := load.failed.Load(); n > 0 {
		return nil, fmt.Errorf("%d of %d requests failed, the first: %s", n, n+load.ok.Load(), *load.firstFailure.Load())
	}
	d.rotationRequests, d.rotationDelay = load.ok.Load(), max(0, first.at.Sub(imported))
	return []string{"$ gatehouse az keyvault certificate import -n " + d.certificate + " --file renewed.pfx ...",
		fmt.Sprintf("%d requests, 0 failed; thumbprint %s, then %s", d.rotationRequests, d.thumbprint, renewed)}, nil
}

// rotationLoad calls url over and over and notes the first answer that names another certificate than old.
type rotationLoad struct {
	d            *demoRunner
	url, old     string
	wg           sync.WaitGroup
	ok, failed   atomic.Int64
	firstNew     atomic.Pointer[sighting]
	firstFailure atomic.Pointer[string]
}

type sighting struct {
	thumbprint string
	at         time.Time
}

func (l *rotationLoad) run(ctx context.Context, clients int) {
	for range clients {
		l.wg.Go(func() {
			for ctx.Err() == nil {
				l.one(ctx)
			}
		})
	}
}

func (l *rotationLoad) one(ctx context.Context) {
	status, s, err := l.d.get(ctx, l.url)
	if ctx.Err() != nil {
		return // ended by the demo, not by the server
	}
	if err != nil || status != http.StatusOK || s.ClientCertificate == nil {
		text := fmt.Sprintf("status %d, %v", status, err)
		l.firstFailure.CompareAndSwap(nil, &text)
		l.failed.Add(1)
		return
	}
	l.ok.Add(1)
	if t := s.ClientCertificate.Thumbprint; t != l.old {
		l.firstNew.CompareAndSwap(nil, &sighting{t, time.Now()})
	}
}

// reach waits until n requests have been answered, at most ten seconds.
func (l *rotationLoad) reach(ctx context.Context, n int64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.ok.Load() < n {
		if f := l.firstFailure.Load(); f != nil {
			return fmt.Errorf("a request failed: %s", *f)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("only %d of %d requests were answered in time", l.ok.Load(), n)
		}
	}
	return nil
}
