package lint

import (
	"regexp"
	"slices"
	"strings"

	"gatehouse/internal/bicep/sema"
	"gatehouse/internal/bicep/syntax"
)

// idFunctions make resource IDs.
var idFunctions = []string{
	"extensionResourceId", "guid", "if", "managementGroupResourceId", "reference", "resourceId", "roleDefinitions", "subscription", "subscriptionResourceId", "tenantResourceId",
}

// notIDs are properties whose names end in id and that are none, in lower case.
var notIDs = words(`appId clientId contentId connectorId DataTypeId defaultMenuItemId deploymentSpecId detector groupId IllusiveIncidentId
	keyId keyVaultId keyVaultSecretId locations menuId metadata metricId nodeAgentSkuId objectId parentId policyDefinitionReferenceId
	requestedServiceObjectiveId resource ruleId schemaId servicePrincipalClientId sid StartingDeviceID subscriptionId storageAccountSubscriptionId
	SyntheticMonitorId tags targetProtectionContainerId targetWorkerSizeId tenantId timezoneId vlanId workerSizeId UniqueFindingId principalId`)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[strings.ToLower(w)] = true
	}
	return out
}

// freeTypes are resource types that the rule leaves alone.
var freeTypes = regexp.MustCompile(`(?i)^microsoft\.portal/dashboards$|^microsoft\.logic/workflows$|^microsoft\.apimanagement/service/backends$|^microsoft\.web/sites/config|^microsoft\.documentdb/databaseaccounts/\w*/collections$`)

// resourceIDFunctions is use-resource-id-functions.
func resourceIDFunctions(p *pass) {
	for _, r := range p.m.Resources {
		if o, ok := r.Body.Value("properties").(*syntax.Object); ok && r.Type.Full != "" && !freeTypes.MatchString(r.Type.Full) {
			p.idProperties(o, strings.EqualFold(r.Type.Full, "Microsoft.ApiManagement/service/subscriptions"))
		}
	}
}

func (p *pass) idProperties(n syntax.Node, owners bool) {
	o, ok := n.(*syntax.Object)
	if !ok {
		for _, c := range syntax.Children(n) {
			p.idProperties(c, owners)
		}
		return
	}
	for i := range o.Items {
		it := &o.Items[i]
		name, plain := it.Name()
		lower := strings.ToLower(name)
		switch {
		case it.Value == nil || notIDs[lower] || owners && lower == "ownerid":
		case plain && isIDName(name, lower):
			p.idProperty(it)
		default:
			p.idProperties(it.Value, owners)
		}
	}
}

func isIDName(name, lower string) bool {
	return strings.HasSuffix(lower, "id") && !strings.HasSuffix(name, "uid") && !strings.HasSuffix(name, "UID")
}

func (p *pass) idProperty(it *syntax.ObjectItem) {
	if !p.isString(it.Value) {
		return
	}
	path, bad := p.badID(it.Value, nil)
	if !bad {
		return
	}
	key := p.text(it.Key)
	text := "If property \"" + key + "\" represents a resource ID, it must use a symbolic resource reference, be a parameter or start with one of these functions: " + strings.Join(idFunctions, ", ") + "."
	if len(path) > 0 {
		text += " Found nonconforming expression at " + strings.Join(append([]string{key}, path...), " -> ")
	}
	p.report(it.Key.Span, text)
}

// badID reports whether e does not look like an ID, and the variables on the way.
func (p *pass) badID(e syntax.Expr, path []string) ([]string, bool) {
	if len(path) > maxDepth || p.mentionsResource(e) {
		return nil, false
	}
	switch v := e.(type) {
	case *syntax.Call:
		if slices.Contains(idFunctions, v.Name.Name) {
			return nil, false
		}
	case *syntax.Property:
		return p.badAccess(v.Base, path)
	case *syntax.Index:
		return p.badAccess(v.Base, path)
	case *syntax.Variable:
		s := p.m.Uses[v]
		if s != nil && s.Kind == sema.Param {
			return nil, false
		}
		if d := p.variable(v); d != nil {
			return p.badID(d.Value, append(path, s.Name))
		}
	case *syntax.Ternary:
		return nil, false
	case *syntax.StringLit:
		if text, ok := v.Text(); ok && !strings.Contains(text, "/") {
			return nil, false
		}
	case *syntax.Paren:
		return p.badID(v.X, path)
	case *syntax.NonNull:
		return p.badID(v.X, path)
	}
	return path, true
}

// badAccess: members of parameters are taken to be right.
func (p *pass) badAccess(base syntax.Expr, path []string) ([]string, bool) {
	for e := base; ; {
		switch v := syntax.Unparen(e).(type) {
		case *syntax.Property:
			e = v.Base
			continue
		case *syntax.Index:
			e = v.Base
			continue
		case *syntax.Variable:
			if s := p.m.Uses[v]; s != nil && s.Kind == sema.Param {
				return nil, false
			}
		}
		return p.badID(base, path)
	}
}

func (x *index) mentionsResource(e syntax.Node) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if v, ok := n.(*syntax.Variable); ok && !found {
			s := x.m.Uses[v]
			found = s != nil && (s.Resource != nil || s.Module != nil)
		}
		return !found
	})
	return found
}
