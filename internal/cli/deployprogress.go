package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"gatehouse/internal/client"
)

// item is a resource of a deployment and its state.
type item struct {
	id    string
	state string // waiting, or a provisioning state
	depth int    // how many nested deployments it is in
	took  string
	cause string // of a failure
}

// States beside those of the server.
const (
	waiting  = "Waiting"
	running  = "Running"
	done     = "Succeeded"
	notBegun = "NotBegun"
)

// view shows items.
type view interface {
	show(items []*item, end bool)
	note(text string) // something about the whole of it
}

// progress follows a deployment.
type progress struct {
	d     *deployCommand
	view  view
	items []*item
	byID  map[string]*item
}

func (p *progress) item(id string, depth int) *item {
	key := strings.ToLower(id)
	it := p.byID[key]
	if it == nil {
		it = &item{id: id, state: waiting, depth: depth}
		p.items = append(p.items, it)
		p.byID[key] = it
	}
	return it
}

// plan asks which resources there will be; the server checks all of the template.
func (p *progress) plan(ctx context.Context) error {
	p.byID = map[string]*item{}
	resp, err := p.d.send(ctx, "POST", p.d.path+"/validate", p.d.body())
	if err != nil {
		return err
	}
	var answer struct {
		Error      *client.Error `json:"error"`
		Properties struct {
			Resources []struct {
				ID string `json:"id"`
			} `json:"validatedResources"`
		} `json:"properties"`
	}
	if err := resp.JSON(&answer); err != nil {
		return err
	}
	if answer.Error != nil {
		return answer.Error
	}
	for _, r := range answer.Properties.Resources {
		if !isDeployment(r.ID) {
			p.item(r.ID, 0)
		}
	}
	p.view.show(p.items, false)
	return nil
}

func isDeployment(id string) bool {
	return strings.Contains(strings.ToLower(id), "/providers/microsoft.resources/deployments/")
}

// pollEvery is short, since the server is near.
const pollEvery = 100 * time.Millisecond

// follow polls until the deployment has ended. When ctx ends, the deployment is
// cancelled, and its end is waited for.
func (p *progress) follow(ctx context.Context) (*ended, error) {
	poll := context.WithoutCancel(ctx)
	stop := ctx.Done()
	for {
		if err := p.operations(poll, p.d.path, 0); err != nil {
			return nil, err
		}
		var end ended
		if err := p.d.client.ARM(poll, "GET", p.d.path, deployAPI, nil, &end); err != nil {
			return nil, err
		}
		if over(end.Properties.State) {
			if err := p.operations(poll, p.d.path, 0); err != nil { // what ended meanwhile
				return nil, err
			}
			p.rest()
			p.view.show(p.items, true)
			return &end, nil
		}
		p.view.show(p.items, false)
		select {
		case <-time.After(pollEvery):
		case <-stop:
			stop = nil
			signal.Reset(os.Interrupt) // a second one ends this program, not the deployment's cancellation
			p.view.note("canceling: what is being written ends first")
			limited, cancel := context.WithTimeout(poll, 30*time.Second)
			defer cancel()
			poll = limited
			var wire *client.Error // that it has ended already
			if err := p.d.client.ARM(poll, "POST", p.d.path+"/cancel", deployAPI, nil, nil); err != nil && !errors.As(err, &wire) {
				return nil, err
			}
		}
	}
}

func over(state string) bool {
	switch state {
	case "Succeeded", "Failed", "Canceled":
		return true
	}
	return false
}

// operation is one of a deployment's operations.
type operation struct {
	Properties struct {
		Kind     string `json:"provisioningOperation"`
		State    string `json:"provisioningState"`
		Duration string `json:"duration"`
		Target   struct {
			ID string `json:"id"`
		} `json:"targetResource"`
		Message struct {
			Error *client.Error `json:"error"`
		} `json:"statusMessage"`
	} `json:"properties"`
}

// maxModules limits how deep nested deployments are followed, as the server does.
const maxModules = 20

// operations reads the operations of a deployment and of those in it.
func (p *progress) operations(ctx context.Context, path string, depth int) error {
	var list struct {
		Value []operation `json:"value"`
	}
	err := p.d.client.ARM(ctx, "GET", path+"/operations", deployAPI, nil, &list)
	var wire *client.Error
	if errors.As(err, &wire) && wire.Status == 404 {
		return nil // a nested one that has not begun
	}
	if err != nil {
		return err
	}
	for _, op := range list.Value {
		id := op.Properties.Target.ID
		switch {
		case id == "" || op.Properties.Kind == "EvaluateDeploymentOutput":
			continue
		case isDeployment(id) && depth < maxModules:
			if err := p.operations(ctx, id, depth+1); err != nil {
				return err
			}
			continue
		}
		it := p.item(id, depth)
		it.state, it.took = op.Properties.State, seconds(op.Properties.Duration)
		if op.Properties.Kind == "Delete" && it.state == done {
			it.state = "Deleted"
		}
		if e := op.Properties.Message.Error; e != nil {
			it.cause = "(" + e.Code + ") " + e.Message
		}
	}
	return nil
}

// seconds makes 1.2 s of PT1.2S.
func seconds(iso string) string {
	d, err := time.ParseDuration(strings.ToLower(strings.TrimPrefix(iso, "PT")))
	if err != nil || d < 0 {
		return ""
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// rest: what waits when the deployment has ended was not begun.
func (p *progress) rest() {
	for _, it := range p.items {
		if it.state == waiting {
			it.state = notBegun
		}
	}
}

// sides parts the resources by whether they were changed.
func (p *progress) sides() (changed, not []string) {
	for _, it := range p.items {
		if it.state == done || it.state == "Deleted" {
			changed = append(changed, shortID(it.id))
		} else {
			not = append(not, shortID(it.id))
		}
	}
	return changed, not
}

// words are what is shown for a state.
var words = map[string]string{waiting: "waiting", running: "running", done: "done", "Deleted": "deleted", "Failed": "failed", "Canceled": "canceled", notBegun: "not begun"}

func word(state string) string {
	if w := words[state]; w != "" {
		return w
	}
	return strings.ToLower(state)
}

// lines shows a line for each change of a state.
type lines struct {
	w    io.Writer
	told map[string]string
}

func (l *lines) show(items []*item, _ bool) {
	for _, it := range items {
		if it.state == waiting || l.told[it.id] == it.state {
			continue
		}
		l.told[it.id] = it.state
		text := fmt.Sprintf("%-9s %s", word(it.state), shortID(it.id))
		if it.state != running && it.took != "" {
			text += "  " + it.took
		}
		if it.cause != "" {
			text += "  " + it.cause
		}
		fmt.Fprintln(l.w, text)
	}
}

func (l *lines) note(text string) { fmt.Fprintln(l.w, text) }

// tree redraws all resources below the deployment's name.
type tree struct {
	w     io.Writer
	title string
	size  func() (width, height int)
	color bool
	drawn int // lines that stand there
}

var stateColors = map[string]string{running: "\x1b[36m", done: "\x1b[32m", "Deleted": "\x1b[33m", "Failed": "\x1b[31m", "Canceled": "\x1b[33m", notBegun: "\x1b[33m", waiting: "\x1b[90m"}

func (t *tree) show(items []*item, end bool) {
	width, height := t.size()
	var b strings.Builder
	if t.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\x1b[J", t.drawn)
	}
	rows := t.rows(items, width)
	if !end && len(rows) >= height { // what scrolls away can't be redrawn
		rows = t.short(items, width, height)
	}
	for _, row := range rows {
		b.WriteString(row + "\n")
	}
	t.drawn = len(rows)
	if end {
		t.drawn = 0
	}
	_, _ = io.WriteString(t.w, b.String()) // a view that can't be written must not end a deployment
}

func (t *tree) note(text string) { t.title += " (" + text + ")" }

// short are the lines of a tree that is higher than the terminal: how many resources are in which state, and those
// that are not done and do not wait.
func (t *tree) short(items []*item, width, height int) []string {
	counts := map[string]int{}
	var busy []*item
	for _, it := range items {
		counts[it.state]++
		if it.state != waiting && it.state != done {
			busy = append(busy, it)
		}
	}
	var parts []string
	for _, state := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[state], word(state)))
	}
	whole := *t
	whole.title += ": " + strings.Join(parts, ", ")
	return whole.rows(busy[:min(len(busy), max(0, height-2))], width)
}

// rows are the lines of the tree, none longer than width.
func (t *tree) rows(items []*item, width int) []string {
	out := []string{cut(t.title, width)}
	name := 0
	for _, it := range items {
		name = max(name, utf8.RuneCountInString(shortID(it.id))+2*it.depth)
	}
	const before = 13 // the branch, a state of nine letters, a space
	room := max(0, width-before)
	name = min(name, room)
	for i, it := range items {
		branch := "├─ "
		if i == len(items)-1 {
			branch = "└─ "
		}
		label := lastOf(strings.Repeat("  ", it.depth)+shortID(it.id), room)
		text := it.took
		if it.state == running || it.state == waiting {
			text = ""
		}
		if it.cause != "" {
			text += "  " + it.cause
		}
		row := strings.TrimRight(fmt.Sprintf("%s%-9s %-*s  %s", branch, word(it.state), name, label, text), " ")
		if utf8.RuneCountInString(row) > width && (it.cause == "" || name == room) { // the name before the rest; causes are told at the end, too
			row = fmt.Sprintf("%s%-9s %s", branch, word(it.state), label)
		}
		row = cut(row, width)
		if t.color {
			row = strings.Replace(row, word(it.state), stateColors[it.state]+word(it.state)+"\x1b[0m", 1)
		}
		out = append(out, row)
	}
	return out
}

// lastOf shortens s to its last n characters: a resource's name stands at the end.
func lastOf(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return "…" + string(r[len(r)-max(0, n-1):])
}

// cut shortens s to n characters, on one line.
func cut(s string, n int) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", " ")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(0, n-1)]) + "…"
}

func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }
