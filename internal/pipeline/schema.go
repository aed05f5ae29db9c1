package pipeline

import (
	"fmt"
	"strings"

	"gatehouse/internal/diag"
	"gatehouse/internal/pipeline/syntax"
)

// use says what a key means to this runner.
type use uint8

const (
	read    use = iota // understood
	ignored            // has no meaning on one machine, e.g. triggers
	refused            // would change what runs, and is not supported
)

// schema is the keys of one kind of mapping, by name.
type schema struct {
	what string
	keys map[string]use
}

func keys(what, understood, passed, not string) schema {
	s := schema{what: what, keys: map[string]use{}}
	for u, list := range []string{understood, passed, not} {
		for _, k := range strings.Fields(list) {
			s.keys[k] = use(u)
		}
	}
	return s
}

// The mappings of the language: understood; accepted without effect; refused by name.
// https://learn.microsoft.com/azure/devops/pipelines/yaml-schema
var (
	rootSchema = keys("a pipeline", "name variables stages jobs steps continueOnError",
		"trigger pr schedules pool appendCommitMessageToRunName lockBehavior workspace", "resources strategy container services target")
	stageSchema = keys("a stage", "stage displayName dependsOn condition variables jobs",
		"pool lockBehavior isSkippable", "trigger templateContext group")
	jobSchema = keys("a job", "job displayName dependsOn condition continueOnError timeoutInMinutes variables steps",
		"pool workspace cancelTimeoutInMinutes uses", "strategy container services templateContext deployment environment")
	stepSchema     = keys("a step", "name displayName condition continueOnError enabled env timeoutInMinutes retryCountOnTaskFailure", "", "target")
	variableSchema = keys("a variable", "name value readonly group", "", "")
)

// stepKinds are the keys that say what a step is, with the properties of each.
var stepKinds = map[string]schema{
	"task":       keys("a task", "inputs", "", ""),
	"script":     keys("a script step", "failOnStderr workingDirectory", "", ""),
	"bash":       keys("a bash step", "failOnStderr workingDirectory", "", ""),
	"pwsh":       keys("a pwsh step", "failOnStderr workingDirectory errorActionPreference ignoreLASTEXITCODE", "warningPreference informationPreference verbosePreference debugPreference progressPreference", ""),
	"powershell": keys("a powershell step", "failOnStderr workingDirectory errorActionPreference ignoreLASTEXITCODE", "warningPreference informationPreference verbosePreference debugPreference progressPreference", ""),
	"checkout":   keys("a checkout step", "", "clean fetchDepth fetchFilter fetchTags lfs submodules persistCredentials", "path workspaceRepo sparseCheckoutDirectories sparseCheckoutPatterns"),
}

// refusedSteps are steps of the language that this runner has not.
var refusedSteps = map[string]string{
	"download": "It downloads artifacts of a run, and no artifacts are kept.", "publish": "It publishes an artifact, and no artifacts are kept.",
	"downloadBuild": "It downloads artifacts of a build, and no artifacts are kept.", "getPackage": "It downloads a package of a feed.", "reviewApp": "It needs an environment of the service.",
	"template": "A template may only stand as an item of a list, by a name that is known at expansion.",
}

// names lists the keys of some schemas.
func names(list ...schema) []string {
	var out []string
	for _, s := range list {
		for k := range s.keys {
			out = append(out, k)
		}
	}
	return out
}

// check refuses keys of n that none of the schemas has. also lists keys that are read elsewhere.
func (r *reading) check(n *syntax.Node, also string, list ...schema) {
	for _, p := range n.Pairs {
		k := p.Key.Value
		if k == also {
			continue
		}
		known := false
		for _, s := range list {
			u, ok := s.keys[k]
			if ok && u == refused {
				r.fail(p.Key, CodeUnsupported, fmt.Sprintf("'%s' of %s is not supported by this runner.", k, s.what), "Remove it, or move what it does to a step.")
			}
			known = known || ok
		}
		if !known {
			r.unknownKey(p.Key, k, list[0].what, append(names(list...), also))
		}
	}
}

func (r *reading) unknownKey(at *syntax.Node, key, what string, known []string) {
	hint := "Remove it."
	if near := diag.Nearest(key, known); near != "" {
		hint = fmt.Sprintf("Did you mean '%s'?", near)
	}
	r.fail(at, CodeKey, fmt.Sprintf("'%s' is not a key of %s.", key, what), hint)
}
