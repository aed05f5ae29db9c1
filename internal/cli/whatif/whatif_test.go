package whatif

import (
	"strings"
	"testing"
)

const answer = `{"status": "Succeeded", "properties": {"changes": [
 {"resourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv", "changeType": "Modify", "before": {"apiVersion": "2023-07-01"}, "after": {},
  "delta": [
   {"path": "tags.team", "propertyChangeType": "Create", "before": null, "after": "platform"},
   {"path": "properties.softDeleteRetentionInDays", "propertyChangeType": "Modify", "before": 7, "after": 90},
   {"path": "properties.ipRules", "propertyChangeType": "Array", "children": [
     {"path": "0", "propertyChangeType": "Delete", "before": "10.0.0.1", "after": null},
     {"path": "1", "propertyChangeType": "Create", "before": null, "after": {"value": "10.0.0.2"}}]},
   {"path": "properties.old", "propertyChangeType": "Delete", "before": {"a": 1, "b": [true]}, "after": null}]},
 {"resourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/new", "changeType": "Create",
  "after": {"apiVersion": "2023-07-01", "name": "new", "properties": {"sku": {"family": "A", "name": "standard"}, "accessPolicies": []}, "zones": ["1"]}},
 {"resourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/same", "changeType": "NoChange", "before": {}, "after": {}},
 {"resourceId": "/subscriptions/s/resourceGroups/other", "changeType": "Delete", "before": {"name": "other"}},
 {"resourceId": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/rest", "changeType": "Ignore"}
]}}`

const plainText = `Resource and property changes are indicated with these symbols:
  - Delete
  + Create
  ~ Modify
  = Nochange
  * Ignore

The deployment will update the following scopes:

Scope: /subscriptions/s

  - resourceGroups/other

      name: "other"

Scope: /subscriptions/s/resourceGroups/rg

  + Microsoft.KeyVault/vaults/new [2023-07-01]

      apiVersion:                "2023-07-01"
      name:                      "new"
      properties.accessPolicies: []
      properties.sku.family:     "A"
      properties.sku.name:       "standard"
      zones: [
        0: "1"
      ]

  ~ Microsoft.KeyVault/vaults/kv [2023-07-01]
    - properties.old:

        a: 1
        b: [
          0: true
        ]

    + tags.team:                            "platform"
    ~ properties.ipRules: [
      - 0: "10.0.0.1"
      + 1:

          value: "10.0.0.2"

      ]
    ~ properties.softDeleteRetentionInDays: 7 => 90

  = Microsoft.KeyVault/vaults/same
  * Microsoft.KeyVault/vaults/rest

Resource changes: 1 to delete, 1 to create, 1 to modify, 1 no change, 1 to ignore.`

func TestText(t *testing.T) {
	r, err := Parse([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Text(false); got != plainText {
		t.Errorf("got:\n%s\nwant:\n%s", got, plainText)
	}
	colored := r.Text(true)
	for _, c := range []string{orange + "-" + reset, green + "\n  + Microsoft.KeyVault/vaults/new", purple + "~" + reset, blue} {
		if want := c != blue; strings.Contains(colored, c) != want {
			t.Errorf("colour %q: want %t in %q", c, want, colored)
		}
	}
	for _, c := range []string{orange, green, purple, gray, reset} {
		colored = strings.ReplaceAll(colored, c, "")
	}
	if colored != plainText {
		t.Errorf("without its colours the text is:\n%s", colored)
	}
	if !r.Any() || r.Without([]string{"delete", "CREATE", "Modify"}).Any() {
		t.Error("Any or Without is wrong")
	}
}

func TestNothing(t *testing.T) {
	r, err := Parse([]byte(`{"status": "Succeeded", "properties": {"changes": []}}`))
	if err != nil || r.Any() || r.Text(true) != "\nResource changes: no change." {
		t.Errorf("got %q, %v", r.Text(true), err)
	}
	if _, err := Parse([]byte(`{"status": "Failed", "error": {"code": "InvalidTemplate", "message": "no"}}`)); err == nil || !strings.Contains(err.Error(), "(InvalidTemplate) no") {
		t.Errorf("a failed answer gives %v", err)
	}
}
