package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gatehouse/internal/cli/source"
	"gatehouse/internal/cli/whatif"
	"gatehouse/internal/client"
)

const deployAPI = "2022-09-01"

// deployCommand is what `gatehouse deploy` was asked.
type deployCommand struct {
	env                   *Env
	client                *client.Client
	data, group, location string
	management            string // the management group
	resultFormat          string
	exclude               []string
	name, mode, output    string
	params, args          []string
	whatIf, confirm, yes  bool
	deployment            *source.Deployment
	scope                 string // the path of the scope
	path                  string // of the deployment
	made                  bool   // the group was not there and is now
}

func newDeployCommand(env *Env) *cobra.Command {
	d := &deployCommand{env: env}
	cmd := &cobra.Command{
		Use:   "deploy [FILE] [KEY=VALUE...]",
		Short: "Deploy a Bicep file, with a live view of its resources",
		Long: `Deploy compiles FILE (.bicep, .bicepparam or an ARM template; without one
main.bicepparam, then main.bicep) and deploys it where its targetScope says: to the
resource group -g, which is created when -l is given, to the management group -m, to
the subscription or the tenant.

On a terminal it shows a tree of the resources and their states, elsewhere a line for
each change of a state. When a deployment fails, it says which resources were changed
and which were not. An interrupt cancels the deployment.

The exit code is 0 when the deployment succeeded, 1 when it failed or was not
confirmed, and 2 for a mistake in the command line.`,
		Example: `  gatehouse deploy -g rg-mtls -l westeurope                    # main.bicepparam or main.bicep, group made as needed
  gatehouse deploy main.bicep -g rg-mtls -p name=kv-mtls -p values.json
  gatehouse deploy main.bicep -g rg-mtls --what-if             # show what would change
  gatehouse deploy main.bicep -g rg-mtls --confirm             # show it, then ask
  gatehouse deploy main.bicep -g rg-mtls -o json | jq .outputs`,
		RunE: func(cmd *cobra.Command, args []string) error { return d.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	dataFlag(cmd, &d.data)
	f.StringVarP(&d.group, "resource-group", "g", "", "resource `group`")
	f.StringVarP(&d.management, "management-group", "m", "", "management `group`, for templates whose targetScope is one")
	f.StringVarP(&d.location, "location", "l", "", "`location` of the group, which is created when it is not there; of the deployment's record outside of groups")
	f.StringArrayVarP(&d.params, "parameters", "p", nil, "a parameter: `KEY=VALUE`, a file (.bicepparam, .json) or a JSON object; later ones win (repeatable)")
	f.StringArrayVar(&d.args, "arg", nil, "a value that the .bicepparam file asks for with readCliArg or externalInput('sys.cliArg', NAME): `NAME=VALUE` (repeatable)")
	f.StringVarP(&d.name, "name", "n", "", "`name` of the deployment (default the file's name)")
	f.StringVar(&d.mode, "mode", "Incremental", "Incremental, or Complete: delete what the group has and the template has not")
	f.BoolVar(&d.whatIf, "what-if", false, "only show what would change")
	f.StringVar(&d.resultFormat, "result-format", "FullResourcePayloads", "of --what-if and --confirm: FullResourcePayloads, or ResourceIdOnly for names alone")
	f.StringSliceVarP(&d.exclude, "exclude-change-types", "x", nil, "`kinds` of change that are not shown: Create, Delete, Deploy, Ignore, Modify, NoChange, Unsupported")
	f.BoolVar(&d.confirm, "confirm", false, "show what would change, and ask before deploying")
	f.BoolVarP(&d.yes, "yes", "y", false, "with --confirm: do not ask")
	f.StringVarP(&d.output, "output", "o", "text", "text or json")
	return cmd
}

// mistake is an error in the command line.
func mistake(format string, args ...any) error {
	return &ExitError{Code: 2, Err: fmt.Errorf(format, args...)}
}

func (d *deployCommand) run(ctx context.Context, args []string) error {
	if err := d.check(); err != nil {
		return err
	}
	file, err := d.file(args)
	if err != nil {
		return err
	}
	if err := d.read(ctx, file); err != nil {
		return err
	}
	if d.client, err = client.Open(ctx, client.Options{Data: d.data, Dir: d.env.Dir, Getenv: d.env.Getenv}); err != nil {
		return err
	}
	defer d.client.Close()
	if err := d.place(); err != nil {
		return err
	}
	if err := d.checkParameters(); err != nil {
		return err
	}
	if d.whatIf || d.confirm {
		if done, err := d.preview(ctx); done || err != nil {
			return err
		}
	}
	if err := d.createGroup(ctx); err != nil {
		return err
	}
	return d.deploy(ctx)
}

func (d *deployCommand) check() error {
	switch {
	case !strings.EqualFold(d.mode, "Incremental") && !strings.EqualFold(d.mode, "Complete"):
		return mistake("--mode %s: want Incremental or Complete", d.mode)
	case d.output != "text" && d.output != "json":
		return mistake("--output %s: want text or json", d.output)
	case d.resultFormat != "FullResourcePayloads" && d.resultFormat != "ResourceIdOnly":
		return mistake("--result-format %s: want FullResourcePayloads or ResourceIdOnly", d.resultFormat)
	case d.whatIf && d.confirm:
		return mistake("--what-if deploys nothing, so that there is nothing to --confirm: give one of them")
	}
	for _, kind := range d.exclude {
		if !slices.Contains(whatif.Kinds, kind) {
			return mistake("--exclude-change-types %s: want some of %s", kind, strings.Join(whatif.Kinds, ", "))
		}
	}
	return nil
}

// file takes the parameters out of args and finds the file.
func (d *deployCommand) file(args []string) (string, error) {
	file := ""
	for _, a := range args {
		switch {
		case strings.Contains(a, "=") || strings.HasPrefix(a, "@"):
			d.params = append(d.params, a)
		case file == "":
			file = a
		default:
			return "", mistake("two files were given, %s and %s; parameters are KEY=VALUE or follow -p", file, a)
		}
	}
	if file != "" {
		return file, d.isFile(file)
	}
	for _, name := range []string{"main.bicepparam", "main.bicep"} {
		if _, err := os.Stat(inFolder(d.env, name)); err == nil {
			return name, nil
		}
	}
	return "", mistake("no file was given, and there is no main.bicepparam or main.bicep here")
}

func (d *deployCommand) open(name string) ([]byte, error) { return os.ReadFile(inFolder(d.env, name)) }

// place finds the paths of the scope and the deployment.
func (d *deployCommand) place() error {
	switch scope := d.deployment.Scope(); {
	case scope == source.Group && d.group == "":
		return mistake("the template deploys to a resource group: name it with -g, and give a location with -l if it is to be created")
	case scope == source.Group:
		d.scope = d.groupPath()
	case d.group != "":
		return mistake("the template's targetScope is no resource group: leave -g out")
	case scope != source.ManagementGroup && d.management != "":
		return mistake("the template's targetScope is no management group: leave -m out")
	case d.location == "":
		return mistake("a deployment outside of resource groups needs a location: give one with -l")
	case scope == source.Subscription:
		d.scope = "/subscriptions/" + d.client.Info.SubscriptionID
	case scope == source.Tenant:
		d.scope = ""
	case d.management == "":
		return mistake("the template deploys to a management group: name it with -m")
	default:
		d.scope = "/providers/Microsoft.Management/managementGroups/" + url.PathEscape(d.management)
	}
	if d.name == "" {
		d.name = d.deployment.Name
	}
	d.path = d.scope + "/providers/Microsoft.Resources/deployments/" + url.PathEscape(d.name)
	return nil
}

func (d *deployCommand) groupPath() string {
	return "/subscriptions/" + d.client.Info.SubscriptionID + "/resourcegroups/" + url.PathEscape(d.group)
}

// body is the request; a group's deployment has no location of its own.
func (d *deployCommand) body() map[string]any {
	location := d.location
	if d.group != "" {
		location = ""
	}
	return d.deployment.Body(d.mode, location)
}

// createGroup makes the group when it is not there and -l was given.
func (d *deployCommand) createGroup(ctx context.Context) error {
	if d.group == "" || d.location == "" {
		return nil
	}
	err := d.client.ARM(ctx, "GET", d.groupPath(), deployAPI, nil, nil)
	var wire *client.Error
	if !errors.As(err, &wire) || wire.Status != 404 {
		return err
	}
	if err := d.client.ARM(ctx, "PUT", d.groupPath(), deployAPI, map[string]any{"location": d.location}, nil); err != nil {
		return d.refused(err)
	}
	d.made = true
	return nil
}

// preview shows what would change; done tells that nothing more is to be done.
func (d *deployCommand) preview(ctx context.Context) (done bool, err error) {
	body := d.body()
	body["properties"].(map[string]any)["whatIfSettings"] = map[string]any{"resultFormat": d.resultFormat}
	resp, err := d.send(ctx, "POST", d.path+"/whatIf", body)
	if err != nil {
		return false, d.refused(err)
	}
	r, err := whatif.Parse(resp.Body)
	if err != nil {
		return false, d.refused(err)
	}
	r = r.Without(d.exclude)
	if d.output == "json" && d.whatIf {
		_, err = d.env.Stdout.Write(append(resp.Body, '\n'))
		return true, err
	}
	w := d.env.Stdout
	if d.output == "json" {
		w = d.env.Stderr
	}
	if _, err := fmt.Fprintln(w, r.Text(terminal(w) && d.env.Getenv("NO_COLOR") == "")); err != nil || d.whatIf {
		return true, err
	}
	return false, d.ask(ctx)
}

func (d *deployCommand) send(ctx context.Context, method, path string, body any) (*client.Response, error) {
	return d.client.Do(ctx, client.Request{Method: method, URL: client.Management + path + "?api-version=" + deployAPI, Audience: client.ManagementAudience, Body: body})
}

// deploy sends the deployment and follows it to its end.
func (d *deployCommand) deploy(ctx context.Context) error {
	p := &progress{d: d, view: d.newView()}
	if err := p.plan(ctx); err != nil {
		return d.refused(err)
	}
	// An interrupt from here on cancels the deployment, once it is known to run.
	if _, err := d.send(context.WithoutCancel(ctx), "PUT", d.path, d.body()); err != nil {
		return d.refused(err)
	}
	end, err := p.follow(ctx)
	if err != nil {
		return err
	}
	return d.finish(p, end)
}

// newView is where the states are shown: a tree on a terminal, else lines; on
// standard error when standard output is for JSON.
func (d *deployCommand) newView() view {
	w := d.env.Stdout
	if d.output == "json" {
		w = d.env.Stderr
	}
	target := d.group
	if target == "" {
		target = d.deployment.Scope()
	}
	title := d.name + " -> " + target
	if !terminal(w) || d.env.Getenv("TERM") == "dumb" {
		return &lines{w: w, told: map[string]string{}}
	}
	return &tree{w: w, title: title, size: func() (int, int) { return screen(w) }, color: d.env.Getenv("NO_COLOR") == ""}
}

func terminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// screen is how many columns and lines a terminal has.
func screen(w any) (width, height int) {
	if f, ok := w.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	return 80, 24
}

// ended is a deployment that ended.
type ended struct {
	Name       string `json:"name"`
	ID         string `json:"id"`
	Properties struct {
		State    string         `json:"provisioningState"`
		Duration string         `json:"duration"`
		Outputs  map[string]any `json:"outputs"`
		Error    *client.Error  `json:"error"`
	} `json:"properties"`
}

// finish prints the result and makes the exit code.
func (d *deployCommand) finish(p *progress, end *ended) error {
	failed := end.Properties.State != "Succeeded"
	if d.output == "json" {
		if err := d.printJSON(p, end); err != nil {
			return err
		}
	} else if !failed {
		d.printOutputs(end)
	}
	if !failed {
		return nil
	}
	changed, not := p.sides()
	text := fmt.Sprintf("the deployment %s %s", d.name, strings.ToLower(end.Properties.State))
	if e := end.Properties.Error; e != nil {
		text += ": " + reasons(e)
	}
	text += "\n  changed:     " + listed(changed) + "\n  not changed: " + listed(not)
	return &ExitError{Code: 1, Err: errors.New(text)}
}

func listed(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// reasons are the innermost errors, each with what it is about.
func reasons(e *client.Error) string {
	var out []string
	var look func(e *client.Error)
	look = func(e *client.Error) {
		switch {
		case e.Code == "DeploymentIncomplete": // said in our own words
		case len(e.Details) == 0:
			text := fmt.Sprintf("(%s) %s", e.Code, e.Message)
			if e.Target != "" {
				text = shortID(e.Target) + " " + text
			}
			out = append(out, text)
		}
		n := len(out)
		for i := range e.Details {
			look(&e.Details[i])
		}
		if len(e.Details) > 0 && len(out) == n {
			out = append(out, fmt.Sprintf("(%s) %s", e.Code, e.Message))
		}
	}
	look(e)
	return strings.Join(out, "\n  ")
}

// printOutputs prints the outputs, secure ones by their names.
func (d *deployCommand) printOutputs(end *ended) {
	for _, name := range sortedNames(end.Properties.Outputs) {
		o, _ := end.Properties.Outputs[name].(map[string]any)
		value, known := o["value"]
		text := "(secure)"
		if known {
			text = compact(value)
		}
		fmt.Fprintf(d.env.Stdout, "%s = %s\n", name, text)
	}
}

func compact(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func (d *deployCommand) printJSON(p *progress, end *ended) error {
	type resource struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}
	resources := []resource{}
	for _, it := range p.items {
		resources = append(resources, resource{it.id, it.state})
	}
	outputs := map[string]any{}
	for name, v := range end.Properties.Outputs {
		if m, ok := v.(map[string]any); ok {
			outputs[name] = m["value"]
		}
	}
	e := json.NewEncoder(d.env.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"id": end.ID, "name": end.Name, "state": end.Properties.State, "duration": end.Properties.Duration,
		"resources": resources, "outputs": outputs, "error": end.Properties.Error})
}

// shortID is TYPE NAME of a resource's ID: what stands after its last provider.
func shortID(id string) string {
	i := strings.LastIndex(strings.ToLower(id), "/providers/")
	if i < 0 { // a resource group or a subscription
		return strings.Replace(filepath.Base(filepath.Dir(id)), "resourceGroups", "Microsoft.Resources/resourceGroups", 1) + " " + filepath.Base(id)
	}
	parts := strings.Split(id[i+len("/providers/"):], "/")
	typ, names := parts[0], []string{}
	for n := 1; n < len(parts); n += 2 {
		typ += "/" + parts[n]
		if n+1 < len(parts) {
			names = append(names, parts[n+1])
		}
	}
	return typ + " " + strings.Join(names, "/")
}
