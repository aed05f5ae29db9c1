package deploy_test

import (
	"fmt"
	"testing"

	"gatehouse/internal/arm"
	"gatehouse/internal/arm/armtest"
	"gatehouse/internal/identity"
	"gatehouse/internal/provider/authorization"
)

// newTruthWorld is a world with role assignments.
func newTruthWorld(t *testing.T) *world {
	w := &world{gate: make(chan struct{})}
	w.Server = armtest.New(t, func(s *arm.Service) {
		w.register(s)
		id, err := identity.Open(t.Context(), s.Store(), identity.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := authorization.Open(t.Context(), authorization.Options{Store: s.Store(), Identity: id, Now: s.Now})
		if err != nil {
			t.Fatal(err)
		}
		s.Register(p.Types()...)
	})
	w.run(t)
	return w
}

const reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"

// role is a role assignment at a scope ("": the group's); name and principal stay the same, the description does not.
func (a *author) role(number int, more string) {
	a.list = append(a.list, fmt.Sprintf(`{"type":"Microsoft.Authorization/roleAssignments","apiVersion":"2022-04-01","name":"00000000-0000-4000-8000-00000000000%d"%s,
		"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/%s","principalId":"00000000-0000-4000-9000-00000000000%d","principalType":"ServicePrincipal","description":%q}}`,
		number, more, reader, number, a.colour()))
}

// roles are assigned for the group and for some boxes of the template.
func (a *author) roles() {
	if a.IntN(3) == 0 {
		a.role(9, "")
	}
	for i, name := range authorNames {
		if a.planned[name] && !a.conditional[name] && a.IntN(3) == 0 {
			id := "[resourceId('Contoso.Test/boxes','" + name + "')]"
			a.role(i, fmt.Sprintf(`,"scope":%q,"dependsOn":[%q]`, id, id))
		}
	}
}

// elsewhere is a nested deployment into another group or the subscription, with a condition that is known only when
// another box is read, or with values that a list function gives: openly, as secure parameters, and as secure outputs.
func (a *author) elsewhere(name string, i int) {
	of, list := "'red'", "'none'"
	if i > 0 {
		other := authorNames[a.IntN(i)]
		if a.planned[other] {
			of = "reference(resourceId('Contoso.Test/boxes','" + other + "'),'2024-01-01').colour"
			list = "listSecrets(resourceId('Contoso.Test/boxes','" + other + "'),'2024-01-01').secret"
		}
	}
	where, what := `,"resourceGroup":"rg-other"`, box(name, `,"condition":"[equals(parameters('of'),'red')]","properties":{"key":"[parameters('key')]","password":"[parameters('hidden')]"}`)
	if a.IntN(3) == 0 {
		where = `,"subscriptionId":"` + armtest.Subscription + `","location":"westeurope"`
		what = fmt.Sprintf(`{"type":"Contoso.Test/notes","apiVersion":"2024-01-01","name":%q,"condition":"[equals(parameters('of'),'red')]","properties":{"key":"[parameters('key')]","password":"[parameters('hidden')]"}}`, name)
	}
	inner := template(`[`+what+`]`, `"parameters":{"of":{"type":"string"},"key":{"type":"string"},"hidden":{"type":"securestring"}},"outputs":{"open":{"type":"string","value":"[parameters('of')]"},"hidden":{"type":"securestring","value":"[parameters('hidden')]"}},`)
	a.list = append(a.list, module("x-"+name, inner, fmt.Sprintf(`{"of":{"value":"[%s]"},"key":{"value":"[%s]"},"hidden":{"value":"[%s]"}}`, of, list, list), where))
	if a.IntN(2) == 0 {
		at := "resourceId('rg-other','Microsoft.Resources/deployments','x-" + name + "')"
		if where[2:5] == "sub" {
			at = "subscriptionResourceId('Microsoft.Resources/deployments','x-" + name + "')"
		}
		a.list = append(a.list, box("after-"+name, fmt.Sprintf(`,"properties":{"of":"[reference(%s,'2025-04-01').outputs.open.value]","key":"[listOutputsWithSecureValues(%s,'2025-04-01').hidden]"}`, at, at)))
	}
}
