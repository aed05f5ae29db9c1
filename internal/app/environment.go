package app

import (
	"context"
	"os"
	"path/filepath"

	"gatehouse/internal/cli"
	"gatehouse/internal/edge"
	"gatehouse/internal/localapi"
	"gatehouse/internal/pki"
)

// identityPath is where the managed identity endpoint is, on the proxy's address:
// SDKs speak plain HTTP to it, on loopback.
const identityPath = "/msi/token"

// localOptions answers `gatehouse env` and the commands' search for the server.
func (s *server) localOptions() localapi.Options {
	return localapi.Options{Identity: s.identity, Logger: s.log, Info: s.info, Keeper: keeper{s}, Witness: witness{s}}
}

func (s *server) info(ctx context.Context) (localapi.Info, error) {
	env, err := s.environment(ctx)
	if err != nil {
		return localapi.Info{}, err
	}
	trust := s.state.ca.CertificatePEM()
	if s.certificates != nil {
		trust = append(trust, pki.EncodeCertificatesPEM(s.certificates.leaves()...)...)
	}
	return localapi.Info{Listen: s.listen, Proxy: s.proxyAddress, CA: string(trust), Names: s.nameMap(), TenantID: s.identity.TenantID(),
		SubscriptionID: s.identity.SubscriptionID(), Env: env, PID: os.Getpid(), Version: cli.Version}, nil
}

// nameMap says under which names this instance has what Azure has under its own; nil for the same.
func (s *server) nameMap() map[string]string {
	azure, own := edge.AzureNames(), s.set.names
	if own == azure {
		return nil
	}
	return map[string]string{azure.Management: own.Management, azure.Login: own.Login, azure.Graph: own.Graph, azure.DevOps: own.DevOps,
		"." + azure.Vaults: "." + own.Vaults, "." + azure.Gateways: "." + own.Gateways}
}

// environment is what points a shell here; the secrets in it reach this user's processes only. A
// server under names of its own needs no proxy, and gives no secret of an application away: its
// operators sign in by the socket.
func (s *server) environment(ctx context.Context) (map[string]string, error) {
	if !s.set.proxied {
		return map[string]string{"AZURE_TENANT_ID": s.identity.TenantID(), "AZURE_SUBSCRIPTION_ID": s.identity.SubscriptionID(),
			"AZURE_AUTHORITY_HOST": "https://" + s.set.names.Login + "/", "GATEHOUSE_DATA": s.state.Dir}, nil
	}
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
