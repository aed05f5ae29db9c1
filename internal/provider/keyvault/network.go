package keyvault

import (
	"fmt"
	"net/netip"
	"strings"

	"gatehouse/internal/resourceid"
	"gatehouse/internal/vault"
)

// networkRule checks networkAcls. IP rules are addresses or CIDR ranges; IPv6 and private ranges, which Azure
// refuses, are allowed: this server has no public side of its own.
// https://learn.microsoft.com/azure/key-vault/general/network-security
func networkRule(given, existing, out map[string]any) error {
	v, ok := given["networkAcls"]
	if !ok || v == nil {
		if was, ok := existing["networkAcls"]; ok {
			out["networkAcls"] = was
		}
		return nil
	}
	acls, ok := v.(map[string]any)
	if !ok {
		return badProperty("networkAcls", v, "it must be an object")
	}
	bypass, err := choice(acls, "bypass", "AzureServices", "AzureServices", "None")
	if err != nil {
		return badProperty("networkAcls.bypass", acls["bypass"], err.Error())
	}
	action, err := choice(acls, "defaultAction", "Allow", "Allow", "Deny")
	if err != nil {
		return badProperty("networkAcls.defaultAction", acls["defaultAction"], err.Error())
	}
	ips, err := ipRules(acls["ipRules"])
	if err != nil {
		return err
	}
	subnets, err := subnetRules(acls["virtualNetworkRules"])
	if err != nil {
		return err
	}
	out["networkAcls"] = map[string]any{"bypass": bypass, "defaultAction": action, "ipRules": ips, "virtualNetworkRules": subnets}
	return nil
}

// maxRules is Azure's limit of IP rules, and of subnet rules.
const maxRules = 1000

func rules(name string, v any) ([]any, error) {
	if v == nil {
		return nil, nil
	}
	list, ok := v.([]any)
	if !ok || len(list) > maxRules {
		return nil, badProperty("networkAcls."+name, v, fmt.Sprintf("it must be an array of at most %d rules", maxRules))
	}
	return list, nil
}

func ipRules(v any) ([]any, error) {
	list, err := rules("ipRules", v)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for i, e := range list {
		rule, _ := e.(map[string]any)
		text, _ := rule["value"].(string)
		p, err := parsePrefix(text)
		if err != nil {
			return nil, badProperty(fmt.Sprintf("networkAcls.ipRules[%d].value", i), rule["value"], "it must be an IP address or a range in CIDR notation, like 203.0.113.0/24")
		}
		out = append(out, map[string]any{"value": p.String()})
	}
	return out, nil
}

// parsePrefix reads an address or a range; bits beyond its length are cleared.
func parsePrefix(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		if a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("the address %q has a zone", s)
		}
		return a.Unmap().Prefix(a.Unmap().BitLen())
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err
}

// subnetRules checks IDs of subnets. Nothing here comes from a virtual network of Azure, so they match no caller.
func subnetRules(v any) ([]any, error) {
	list, err := rules("virtualNetworkRules", v)
	if err != nil {
		return nil, err
	}
	out := []any{}
	for i, e := range list {
		rule, _ := e.(map[string]any)
		text, _ := rule["id"].(string)
		id, err := resourceid.Parse(text)
		if err != nil || !id.IsType("Microsoft.Network/virtualNetworks/subnets") {
			return nil, badProperty(fmt.Sprintf("networkAcls.virtualNetworkRules[%d].id", i), rule["id"], "it must be the resource ID of a subnet")
		}
		kept := map[string]any{"id": id.String()}
		if ignore, ok := rule["ignoreMissingVnetServiceEndpoint"].(bool); ok {
			kept["ignoreMissingVnetServiceEndpoint"] = ignore
		}
		out = append(out, kept)
	}
	return out, nil
}

func publicAccessRule(given, existing, out map[string]any) error {
	otherwise := "Enabled"
	if was, ok := existing["publicNetworkAccess"].(string); ok {
		otherwise = was
	}
	access, err := choice(given, "publicNetworkAccess", otherwise, "Enabled", "Disabled")
	if err != nil {
		return badProperty("publicNetworkAccess", given["publicNetworkAccess"], err.Error())
	}
	out["publicNetworkAccess"] = access
	return nil
}

// network is the stored form as the vault applies it. Public access that is disabled leaves only trusted services.
func network(properties map[string]any) vault.Network {
	n := vault.Network{DefaultAction: "Allow", Bypass: "AzureServices"}
	acls, _ := properties["networkAcls"].(map[string]any)
	if b, ok := acls["bypass"].(string); ok {
		n.Bypass = b
	}
	if properties["publicNetworkAccess"] == "Disabled" {
		n.DefaultAction = "Deny"
		return n
	}
	if a, ok := acls["defaultAction"].(string); ok {
		n.DefaultAction = a
	}
	list, _ := acls["ipRules"].([]any)
	for _, e := range list {
		rule, _ := e.(map[string]any)
		text, _ := rule["value"].(string)
		if p, err := parsePrefix(text); err == nil {
			n.IPRules = append(n.IPRules, p)
		}
	}
	return n
}
