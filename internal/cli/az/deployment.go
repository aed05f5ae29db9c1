package az

import (
	"context"
	"net/url"
	"strings"
	"time"

	"gatehouse/internal/bicep"
	"gatehouse/internal/cli/source"
	"gatehouse/internal/cli/whatif"
	"gatehouse/internal/client"
)

const deploymentsAPI = "2022-09-01"

const managementGroups = "/providers/Microsoft.Management/managementGroups/"

// deploymentScope is where a family of commands deploys to.
type deploymentScope struct {
	word  string // of the command line
	noun  string
	where []arg  // arguments that name the scope
	at    string // an example of them
	place arg    // --location, where deployments are kept outside of groups
	path  func(c *call) string
}

func deploymentScopes() []deploymentScope {
	location := opt("--location -l", "Location that keeps the deployment's record.").must()
	return []deploymentScope{
		{word: "group", noun: "resource group", where: []arg{groupArg.must()}, at: " -g rg-mtls",
			path: func(c *call) string { return c.groupPath(c.get("resource-group")) }},
		{word: "sub", noun: "subscription", place: location, path: func(c *call) string { return "/subscriptions/" + c.subscription }},
		{word: "mg", noun: "management group", where: []arg{opt("--management-group-id -m", "Name of the management group.").must()}, at: " -m platform", place: location,
			path: func(c *call) string { return managementGroups + url.PathEscape(c.get("management-group-id")) }},
		{word: "tenant", noun: "tenant", place: location, path: func(*call) string { return "" }},
	}
}

// located tells whether deployments of the scope need a location.
func (s deploymentScope) located() bool { return s.place.names != nil }

var deploymentTable = columns("Name", "name", "State", "properties.provisioningState", "Timestamp", "properties.timestamp", "Mode", "properties.mode", "ResourceGroup", "resourceGroup")

func deploymentCommands() []*command {
	var all []*command
	for _, s := range deploymentScopes() {
		all = append(all, s.writing()...)
		all = append(all, s.reading()...)
	}
	return all
}

// writing are the commands that send a template.
func (s deploymentScope) writing() []*command {
	template := append(s.where[:len(s.where):len(s.where)], opt("--template-file -f", "A .bicep or .json template; a .bicepparam file among the parameters may name it.").verbatim(),
		opt("--parameters -p", "KEY=VALUE, @FILE, a file's name (.json, .bicepparam), or a JSON object; later ones win.").as(many).verbatim(),
		opt("--name -n", "Name of the deployment; default the template's file name."),
		opt("--handle-extended-json-format -j", "Ignored: comments in JSON are always allowed.").as(flag), opt("--no-prompt", "Ignored: nothing is asked for.").as(boolean))
	example := s.at + " -f main.bicep"
	if s.located() {
		template = append(template, s.place)
		example = s.at + " -l westeurope -f main.bicep"
	} else {
		template = append(template, opt("--mode", "Incremental or Complete.").of("Incremental", "Complete"))
	}
	predicted := []arg{opt("--result-format -r --what-if-result-format", "FullResourcePayloads or ResourceIdOnly.").of("FullResourcePayloads", "ResourceIdOnly"),
		opt("--exclude-change-types -x --what-if-exclude-change-types", "Kinds of change that are not shown.").as(many).of(whatif.Kinds...)}
	create := append(template[:len(template):len(template)], noWaitArg, opt("--what-if -w", "Only show what would change.").as(flag),
		opt("--confirm-with-what-if -c", "Show what would change, and ask before deploying.").as(flag), opt("--proceed-if-no-change", "With --confirm-with-what-if: do not ask when nothing would change.").as(flag))
	if !s.located() {
		create = append(create, opt("--rollback-on-error", "Deploy again what was deployed last, or the named deployment, when this one fails.").as(optional))
	}
	cmd := func(word, summary string, args []arg, run func(context.Context, *call, deploymentScope) (any, error)) *command {
		return &command{path: words("deployment " + s.word + " " + word), summary: summary, args: args, table: deploymentTable,
			example: "az deployment " + s.word + " " + word + example, run: func(ctx context.Context, c *call) (any, error) { return run(ctx, c, s) }}
	}
	return []*command{
		cmd("create", "Deploy a template to a "+s.noun+".", append(create, predicted...), deploymentCreate),
		cmd("validate", "Check a template against a "+s.noun+" without deploying it.", template, deploymentValidate),
		cmd("what-if", "Show what a deployment to a "+s.noun+" would change.", append(append(template[:len(template):len(template)], predicted...),
			opt("--no-pretty-print", "Print the answer as JSON.").as(flag)), deploymentWhatIf),
	}
}

// reading are the commands about deployments that are there.
func (s deploymentScope) reading() []*command {
	named := append(s.where[:len(s.where):len(s.where)], opt("--name -n", "Name of the deployment.").must())
	cmd := func(word, summary string, args []arg, run func(context.Context, *call) (any, error)) *command {
		example := "az deployment " + s.word + " " + word + s.at
		if len(args) > len(s.where) {
			example += " -n main"
		}
		return &command{path: words("deployment " + s.word + " " + word), summary: summary, args: args, example: example, table: deploymentTable, run: run}
	}
	operations := &command{path: words("deployment operation " + s.word + " list"), summary: "List the operations of a deployment.", args: named,
		example: "az deployment operation " + s.word + " list" + s.at + " -n main -o table",
		table:   columns("State", "properties.provisioningState", "Resource", "properties.targetResource.resourceName", "Type", "properties.targetResource.resourceType", "Status", "properties.statusCode"),
		run: func(ctx context.Context, c *call) (any, error) {
			return listAll[map[string]any](ctx, c, s.deployment(c, c.get("name"))+"/operations", deploymentsAPI)
		}}
	return []*command{
		cmd("show", "Show a deployment.", named, func(ctx context.Context, c *call) (any, error) {
			out, err := c.getARM(ctx, s.deployment(c, c.get("name")), deploymentsAPI)
			if err != nil {
				return nil, err
			}
			return withGroup(out), nil
		}),
		cmd("list", "List deployments.", s.where, func(ctx context.Context, c *call) (any, error) {
			list, err := listAll[map[string]any](ctx, c, s.path(c)+"/providers/Microsoft.Resources/deployments", deploymentsAPI)
			for _, d := range list {
				withGroup(d)
			}
			return list, err
		}),
		cmd("delete", "Delete a deployment's record; what it deployed stays.", append(named[:len(named):len(named)], noWaitArg), func(ctx context.Context, c *call) (any, error) {
			return nil, c.deleteARM(ctx, s.deployment(c, c.get("name")), deploymentsAPI)
		}),
		cmd("export", "Print the template of a deployment.", named, func(ctx context.Context, c *call) (any, error) {
			var out struct {
				Template any `json:"template"`
			}
			return out.Template, c.client.ARM(ctx, "POST", s.deployment(c, c.get("name"))+"/exportTemplate", deploymentsAPI, nil, &out)
		}),
		cmd("cancel", "Stop a deployment that is running.", named, func(ctx context.Context, c *call) (any, error) {
			return nil, c.client.ARM(ctx, "POST", s.deployment(c, c.get("name"))+"/cancel", deploymentsAPI, nil, nil)
		}),
		operations,
	}
}

func (s deploymentScope) deployment(c *call, name string) string {
	return s.path(c) + "/providers/Microsoft.Resources/deployments/" + url.PathEscape(name)
}

// deploymentRequest reads the template and the parameters, and gives the path and body.
func (c *call) deploymentRequest(ctx context.Context, s deploymentScope) (path string, body map[string]any, err error) {
	r := source.Reader{Path: func(name string) string { return inDir(c.Env, name) }, File: func(name string) ([]byte, error) { return readFile(c.Env, name) },
		Getenv: c.Getenv, Bicep: bicep.Options{GeneratorVersion: c.Getenv("BICEP_GENERATOR_VERSION"), CacheDir: bicepCache(c.Getenv), Lint: true},
		Usage: func(argument, text string) error { return usagef("argument %s: %s", argument, text) }}
	d, err := r.Read(ctx, c.get("template-file"), c.list("parameters"))
	if err != nil {
		return "", nil, err
	}
	for _, w := range d.Warnings {
		c.warn("%s", w)
	}
	if got := d.Scope(); got != s.word {
		return "", nil, usagef("the template is for the scope %q, and this command deploys to a %s; use `az deployment %s`, or set targetScope", got, s.noun, got)
	}
	body = d.Body(c.either("mode", "Incremental"), c.get("location"))
	if c.has("rollback-on-error") {
		body["properties"].(map[string]any)["onErrorDeployment"] = onError(c.get("rollback-on-error"))
	}
	return s.deployment(c, c.either("name", d.Name)), body, nil
}

func onError(name string) map[string]any {
	if name == "" {
		return map[string]any{"type": "LastSuccessful"}
	}
	return map[string]any{"type": "SpecificDeployment", "deploymentName": name}
}

// send posts or puts a deployment's request.
func (c *call) send(ctx context.Context, method, path string, body any) (*client.Response, error) {
	return c.client.Do(ctx, client.Request{Method: method, URL: client.Management + path + "?api-version=" + deploymentsAPI, Audience: client.ManagementAudience, Body: body})
}

func deploymentValidate(ctx context.Context, c *call, s deploymentScope) (any, error) {
	path, body, err := c.deploymentRequest(ctx, s)
	if err != nil {
		return nil, err
	}
	resp, err := c.send(ctx, "POST", path+"/validate", body)
	if err != nil {
		return nil, err
	}
	if resp.Status == 202 {
		return nil, c.wait(ctx, resp)
	}
	var out map[string]any
	return out, resp.JSON(&out)
}

func deploymentWhatIf(ctx context.Context, c *call, s deploymentScope) (any, error) {
	path, body, err := c.deploymentRequest(ctx, s)
	if err != nil {
		return nil, err
	}
	r, answer, err := c.predict(ctx, path, body)
	if err != nil {
		return nil, err
	}
	if c.has("no-pretty-print") {
		return answer, nil
	}
	return nil, c.printWhatIf(r)
}

// predict asks what a deployment would change.
func (c *call) predict(ctx context.Context, path string, body map[string]any) (*whatif.Result, map[string]any, error) {
	props := body["properties"].(map[string]any)
	props["whatIfSettings"] = map[string]any{"resultFormat": c.either("result-format", "FullResourcePayloads")}
	defer delete(props, "whatIfSettings")
	resp, err := c.send(ctx, "POST", path+"/whatIf", body)
	if err != nil {
		return nil, nil, err
	}
	if resp.Status == 202 {
		if resp, err = c.answer(ctx, resp); err != nil {
			return nil, nil, err
		}
	}
	r, err := whatif.Parse(resp.Body)
	if err != nil {
		return nil, nil, err
	}
	var answer map[string]any
	return r.Without(c.list("exclude-change-types")), answer, resp.JSON(&answer)
}

// answer polls the Location of a request that was taken until it is answered.
func (c *call) answer(ctx context.Context, resp *client.Response) (*client.Response, error) {
	location := resp.Header.Get("Location")
	for resp.Status == 202 && location != "" {
		if err := pause(ctx, pollInterval); err != nil {
			return nil, err
		}
		var err error
		if resp, err = c.client.Do(ctx, client.Request{Method: "GET", URL: location, Audience: client.ManagementAudience}); err != nil {
			return nil, err
		}
	}
	return resp, nil
}

func (c *call) printWhatIf(r *whatif.Result) error {
	_, err := c.Stdout.Write([]byte(r.Text(colored(c.Env)) + "\n"))
	return err
}

func deploymentCreate(ctx context.Context, c *call, s deploymentScope) (any, error) {
	start := time.Now()
	path, body, err := c.deploymentRequest(ctx, s)
	if err != nil {
		return nil, err
	}
	if c.has("what-if") || c.has("confirm-with-what-if") {
		r, _, err := c.predict(ctx, path, body)
		if err != nil {
			return nil, err
		}
		if err := c.printWhatIf(r); err != nil || c.has("what-if") {
			return nil, err
		}
		if r.Any() || !c.has("proceed-if-no-change") {
			if err := c.confirm("\nAre you sure you want to execute the deployment?"); err != nil {
				return nil, err
			}
		}
	}
	c.verbose("deploying to %s", path)
	resp, err := c.send(ctx, "PUT", path, body)
	if err != nil || c.has("no-wait") {
		return nil, err
	}
	if err := c.wait(ctx, resp); err != nil {
		return nil, err
	}
	out, err := c.getARM(ctx, path, deploymentsAPI)
	if err != nil {
		return nil, err
	}
	c.verbose("deployed in %s", time.Since(start).Round(time.Millisecond))
	return withGroup(out), nil
}

// bicepCache is the folder of restored modules, where the official tool has it.
func bicepCache(getenv func(string) string) string {
	if dir := getenv("BICEP_CACHE_DIRECTORY"); dir != "" {
		return dir
	}
	if home := getenv("HOME"); home != "" {
		return strings.TrimRight(home, "/") + "/.bicep"
	}
	return ""
}
