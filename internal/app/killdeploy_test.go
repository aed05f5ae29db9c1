package app

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/client"
)

// killedSecrets is how many secrets the deployment of TestKillDuringDeployment makes, one after another.
const killedSecrets = 390

// killedTemplate makes a vault, secrets one by one, which the vault keeps, and beside them vaults
// one by one, which Resource Manager keeps.
func killedTemplate(c *client.Client) map[string]any {
	serial := func(name string) map[string]any {
		return map[string]any{"name": name, "count": killedSecrets, "mode": "serial", "batchSize": 1}
	}
	vault := "[resourceId('Microsoft.KeyVault/vaults', 'kv-kill')]"
	return map[string]any{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []any{
		map[string]any{"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "kv-kill", "location": "westeurope", "properties": vaultBody(c)["properties"]},
		map[string]any{"type": "Microsoft.KeyVault/vaults/secrets", "apiVersion": "2023-07-01", "name": "[concat('kv-kill/s', copyIndex())]", "copy": serial("secrets"),
			"dependsOn": []any{vault}, "properties": map[string]any{"value": "[concat('value ', copyIndex())]"}},
		map[string]any{"type": "Microsoft.KeyVault/vaults", "apiVersion": "2023-07-01", "name": "[concat('kv-kill-', copyIndex())]", "location": "westeurope", "copy": serial("vaults"),
			"properties": vaultBody(c)["properties"]},
	}}
}

// deploymentOperation is one of .../operations.
type deploymentOperation struct {
	Properties struct {
		State  string `json:"provisioningState"`
		Target struct {
			ID string `json:"id"`
		} `json:"targetResource"`
	} `json:"properties"`
}

// TestKillDuringDeployment kills the server in the middle of a deployment. The next start ends the deployment as
// failed, and its operations and its last detail tell of each resource what is true of it.
func TestKillDuringDeployment(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	server, said := startChild(t, data, "")
	if said != "" {
		t.Fatal(said)
	}
	c := open(t, data)
	at := group(c, "rg") + "/providers/Microsoft.Resources/deployments/main"
	if err := c.ARM(t.Context(), "PUT", group(c, "rg"), "2022-09-01", map[string]any{"location": "westeurope"}, nil); err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"properties": map[string]any{"mode": "Incremental", "template": killedTemplate(c)}}
	if err := c.ARM(t.Context(), "PUT", at, "2022-09-01", body, nil); err != nil {
		t.Fatal(err)
	}
	for n := 0; n < killedSecrets/10; n = succeeded(t, c, at) { // in the middle of it: what comes next waits for what was before
	}
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // it was killed: its status says so

	server, said = startChild(t, data, "")
	if said != "" {
		t.Fatalf("after the kill: %s", said)
	}
	c = open(t, data)
	checkKilled(t, c, at)
	server.stop(t)
}

func operationsOf(t *testing.T, c *client.Client, at string) []deploymentOperation {
	t.Helper()
	var list struct{ Value []deploymentOperation }
	if err := c.ARM(t.Context(), "GET", at+"/operations", "2022-09-01", nil, &list); err != nil {
		t.Fatal(err)
	}
	return list.Value
}

func succeeded(t *testing.T, c *client.Client, at string) (n int) {
	for _, op := range operationsOf(t, c, at) {
		if op.Properties.State == "Succeeded" {
			n++
		}
	}
	return n
}

// checkKilled compares what the deployment says with what is there.
func checkKilled(t *testing.T, c *client.Client, at string) {
	t.Helper()
	var end struct {
		Properties struct {
			State string        `json:"provisioningState"`
			Error *client.Error `json:"error"`
		} `json:"properties"`
	}
	for late := time.Now().Add(time.Minute); ; { // the start ends it, beside serving
		if err := c.ARM(t.Context(), "GET", at, "2022-09-01", nil, &end); err != nil {
			t.Fatal(err)
		}
		if end.Properties.State != "Running" || time.Now().After(late) {
			break
		}
	}
	e := end.Properties.Error
	if end.Properties.State != "Failed" || e == nil || e.Code != "DeploymentInterrupted" || len(e.Details) == 0 {
		t.Fatalf("the deployment is %s: %+v", end.Properties.State, e)
	}
	sides := killedSides(t, e.Details[len(e.Details)-1].Message)
	there := map[string]bool{}
	total := 0
	for side, ids := range sides {
		total += len(ids)
		for _, id := range ids {
			there[id] = exists(t, c, id)
			if side == "were changed" && !there[id] || side == "were not changed" && there[id] {
				t.Errorf("%s: said to be of those that %s, and there: %v", id, side, there[id])
			}
		}
	}
	if total != 2*killedSecrets+1 || len(sides["were changed"]) == 0 || len(sides["were not changed"]) == 0 {
		t.Errorf("%d changed, %d possibly, %d not, of %d", len(sides["were changed"]), len(sides["may have been changed"]), len(sides["were not changed"]), 2*killedSecrets+1)
	}
	for _, op := range operationsOf(t, c, at) {
		id := op.Properties.Target.ID
		if op.Properties.State == "Running" || op.Properties.State == "Succeeded" && !there[id] {
			t.Errorf("the operation of %s is %s; there: %v", id, op.Properties.State, there[id])
		}
	}
}

// killedSides reads "Resources that were changed: a, b. Resources that were not changed: c."
func killedSides(t *testing.T, text string) map[string][]string {
	t.Helper()
	sides := map[string][]string{}
	for part := range strings.SplitSeq(strings.TrimSuffix(text, "."), ". ") {
		head, list, ok := strings.Cut(part, ": ")
		head = strings.TrimPrefix(head, "Resources that ")
		if !ok {
			t.Fatalf("what is %q of %q?", part, text)
		}
		if list != "none" {
			sides[head] = append(sides[head], strings.Split(list, ", ")...)
		}
	}
	for _, ids := range sides {
		slices.Sort(ids)
	}
	return sides
}

func exists(t *testing.T, c *client.Client, id string) bool {
	t.Helper()
	err := c.ARM(t.Context(), "GET", id, "2023-07-01", nil, nil)
	if wire := new(client.Error); errors.As(err, &wire) && wire.Status == 404 {
		return false
	}
	if err != nil {
		t.Error(fmt.Errorf("%s: %w", id, err))
	}
	return true
}
