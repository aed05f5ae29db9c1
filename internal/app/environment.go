package app

import (
	"context"
	"os"
	"path/filepath"

	"gatehouse/internal/cli"
	"gatehouse/internal/localapi"
)

// identityPath is where the managed identity endpoint is, on the proxy's address:
// SDKs speak plain HTTP to it, on loopback.
const identityPath = "/msi/token"

// localOptions answers `gatehouse env` and the commands' search for the server.
func (s *server) localOptions() localapi.Options {
	return localapi.Options{Identity: s.identity, Logger: s.log, Info: s.info, Keeper: keeper{s}}
}

func (s *server) info(ctx context.Context) (localapi.Info, error) {
	env, err := s.environment(ctx)
	if err != nil {
		return localapi.Info{}, err
	}
	return localapi.Info{Listen: s.listen, Proxy: s.proxyAddress, CA: string(s.state.ca.CertificatePEM()), TenantID: s.identity.TenantID(),
		SubscriptionID: s.identity.SubscriptionID(), Env: env, PID: os.Getpid(), Version: cli.Version}, nil
}

// environment is what points a shell here; the secrets in it reach this user's processes only.
func (s *server) environment(ctx context.Context) (map[string]string, error) {
	app, secret, err := s.identity.EnvApplication(ctx)
	if err != nil {
		return nil, err
	}
	header, err := s.identity.EndpointSecret(ctx)
	if err != nil {
		return nil, err
	}
	bundle := filepath.Join(s.state.Dir, bundleFile)
	return map[string]string{
		"HTTPS_PROXY":           "http://" + s.proxyAddress,
		"NO_PROXY":              "127.0.0.1,localhost,::1",
		"SSL_CERT_FILE":         bundle,
		"REQUESTS_CA_BUNDLE":    bundle,
		"CURL_CA_BUNDLE":        bundle,
		"NODE_EXTRA_CA_CERTS":   filepath.Join(s.state.Dir, caFile),
		"AZURE_TENANT_ID":       s.identity.TenantID(),
		"AZURE_CLIENT_ID":       app.AppID,
		"AZURE_CLIENT_SECRET":   secret,
		"AZURE_SUBSCRIPTION_ID": s.identity.SubscriptionID(),
		"IDENTITY_ENDPOINT":     "http://" + s.proxyAddress + identityPath,
		"IDENTITY_HEADER":       header,
		"GATEHOUSE_DATA":        s.state.Dir,
	}, nil
}
