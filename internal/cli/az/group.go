package az

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/client"
)

const resourcesAPI = "2022-09-01"

var (
	groupName   = opt("--name --resource-group -n -g", "Name of the resource group.")
	groupArg    = opt("--resource-group -g", "Name of the resource group.")
	locationArg = opt("--location -l", "Location, e.g. westeurope.")
	tagsArg     = opt("--tags", "Space-separated tags: key[=value] [key[=value] ...]. '' clears them.").as(many)
	yesArg      = opt("--yes -y", "Do not prompt for confirmation.").as(flag)
	noWaitArg   = opt("--no-wait", "Do not wait for the long-running operation to finish.").as(flag)
)

func groupCommands() []*command {
	table := columns("Name", "name", "Location", "location", "Status", "properties.provisioningState")
	return []*command{
		{path: words("group create"), summary: "Create a resource group.", example: "az group create -n rg-mtls -l westeurope", table: table,
			args: []arg{groupName.must(), locationArg.must(), tagsArg, opt("--managed-by", "ID of the resource that manages this group.")}, run: groupCreate},
		{path: words("group exists"), summary: "Check if a resource group exists.", example: "az group exists -n rg-mtls", args: []arg{groupName.must()}, run: groupExists},
		{path: words("group show"), summary: "Show a resource group.", example: "az group show -n rg-mtls", args: []arg{groupName.must()}, table: table,
			run: func(ctx context.Context, c *call) (any, error) {
				return c.getARM(ctx, c.groupPath(c.get("name")), resourcesAPI)
			}},
		{path: words("group list"), summary: "List resource groups.", example: "az group list -o table", table: table,
			args: []arg{opt("--tag", "A single tag in 'key[=value]' format.")},
			run: func(ctx context.Context, c *call) (any, error) {
				path := "/subscriptions/" + c.subscription + "/resourcegroups"
				if k, v, _ := strings.Cut(c.get("tag"), "="); k != "" {
					filter := "tagName eq '" + quote(k) + "'"
					if v != "" {
						filter += " and tagValue eq '" + quote(v) + "'"
					}
					path += "?$filter=" + url.QueryEscape(filter)
				}
				return listAll[map[string]any](ctx, c, path, resourcesAPI)
			}},
		{path: words("group delete"), summary: "Delete a resource group and all that is in it.", example: "az group delete -n rg-mtls --yes",
			args: []arg{groupName.must(), yesArg, noWaitArg, opt("--force-deletion-types -f", "Ignored: there is nothing to force.")}, run: groupDelete},
	}
}

// quote doubles single quotes for an OData string.
func quote(s string) string { return strings.ReplaceAll(s, "'", "''") }

func (c *call) groupPath(name string) string {
	return "/subscriptions/" + c.subscription + "/resourcegroups/" + url.PathEscape(name)
}

func (c *call) getARM(ctx context.Context, path, apiVersion string) (map[string]any, error) {
	var out map[string]any
	return out, c.client.ARM(ctx, "GET", path, apiVersion, nil, &out)
}

func (c *call) tags() map[string]string {
	tags := map[string]string{}
	for _, t := range c.list("tags") {
		if k, v, _ := strings.Cut(t, "="); k != "" {
			tags[k] = v
		}
	}
	return tags
}

func groupCreate(ctx context.Context, c *call) (any, error) {
	body := map[string]any{"location": c.get("location")}
	if c.has("tags") {
		body["tags"] = c.tags()
	}
	if m := c.get("managed-by"); m != "" {
		body["managedBy"] = m
	}
	var out map[string]any
	return out, c.client.ARM(ctx, "PUT", c.groupPath(c.get("name")), resourcesAPI, body, &out)
}

func groupExists(ctx context.Context, c *call) (any, error) {
	err := c.client.ARM(ctx, "HEAD", c.groupPath(c.get("name")), resourcesAPI, nil, nil)
	var wire *client.Error
	if errors.As(err, &wire) && wire.Status == 404 {
		return false, nil
	}
	return true, err
}

func groupDelete(ctx context.Context, c *call) (any, error) {
	if err := c.confirm("Are you sure you want to perform this operation?"); err != nil {
		return nil, err
	}
	return nil, c.deleteARM(ctx, c.groupPath(c.get("name")), resourcesAPI)
}

// confirm asks on standard error unless --yes was given.
func (c *call) confirm(question string) error {
	if c.has("yes") {
		return nil
	}
	fmt.Fprintf(c.Stderr, "%s (y/n): ", question)
	var answer string
	if _, err := fmt.Fscanln(c.Stdin, &answer); err != nil || !strings.EqualFold(answer, "y") {
		return errors.New("operation cancelled; --yes confirms without a question")
	}
	return nil
}

// deleteARM deletes and, without --no-wait, waits until the operation has ended.
func (c *call) deleteARM(ctx context.Context, path, apiVersion string) error {
	resp, err := c.client.Do(ctx, client.Request{Method: "DELETE", URL: client.Management + path + "?api-version=" + apiVersion, Audience: client.ManagementAudience})
	if err != nil || c.has("no-wait") {
		return err
	}
	return c.wait(ctx, resp)
}

// wait polls what a long-running operation's answer points to, until it has ended.
// The interval is the server's Retry-After, at most a second, since it is near.
func (c *call) wait(ctx context.Context, resp *client.Response) error {
	status := resp.Header.Get("Azure-AsyncOperation")
	location := resp.Header.Get("Location")
	for {
		poll := status
		if poll == "" {
			if resp.Status != 202 || location == "" {
				return nil
			}
			poll = location
		}
		next, err := c.client.Do(ctx, client.Request{Method: "GET", URL: poll, Audience: client.ManagementAudience})
		if err != nil {
			return err
		}
		if status == "" {
			if next.Status != 202 {
				return nil
			}
		} else if done, err := operationEnded(next); done || err != nil {
			return err
		}
		if err := pause(ctx, pollInterval); err != nil {
			return err
		}
	}
}

const pollInterval = 100 * time.Millisecond

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func operationEnded(resp *client.Response) (bool, error) {
	var op struct {
		Status string        `json:"status"`
		Error  *client.Error `json:"error"`
	}
	if err := resp.JSON(&op); err != nil {
		return false, err
	}
	switch strings.ToLower(op.Status) {
	case "succeeded":
		return true, nil
	case "failed", "canceled":
		if op.Error != nil {
			return true, op.Error
		}
		return true, errors.New("the operation ended as " + op.Status)
	}
	return false, nil
}
