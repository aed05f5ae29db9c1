package runner

import (
	"fmt"
	"strings"
)

// command is a logging command: ##vso[area.action key=value;...]text
// https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
type command struct {
	name       string // area.action, lower case
	properties map[string]string
	text       string
}

// parseCommand finds a logging command in a line.
func parseCommand(line string) (command, bool) {
	start := strings.Index(line, "##vso[")
	if start < 0 {
		return command{}, false
	}
	body := line[start+len("##vso["):]
	end := strings.IndexByte(body, ']')
	if end < 0 {
		return command{}, false
	}
	head, text := body[:end], body[end+1:]
	name, rest, _ := strings.Cut(head, " ")
	if area, action, ok := strings.Cut(name, "."); !ok || area == "" || action == "" {
		return command{}, false
	}
	c := command{name: strings.ToLower(name), properties: map[string]string{}, text: unescape(text)}
	for _, p := range strings.Split(rest, ";") {
		if k, v, ok := strings.Cut(p, "="); ok {
			c.properties[strings.ToLower(strings.TrimSpace(k))] = unescape(v)
		}
	}
	return c, true
}

// unescape decodes the escapes of logging commands.
func unescape(s string) string {
	return strings.NewReplacer("%3B", ";", "%3b", ";", "%0D", "\r", "%0d", "\r", "%0A", "\n", "%0a", "\n", "%5D", "]", "%5d", "]", "%AZP25", "%").Replace(s)
}

func (c command) flag(name string) bool { return strings.EqualFold(c.properties[name], "true") }

// command carries out a logging command of a step.
func (s *stepRun) command(c command) {
	switch c.name {
	case "task.setvariable":
		s.setVariable(c)
	case "task.setsecret":
		s.job.run.secrets.Add(c.text)
	case "task.logissue":
		s.issue(c)
	case "task.complete":
		s.complete(c)
	case "task.prependpath":
		s.job.paths = append([]string{c.text}, s.job.paths...)
	case "task.setprogress", "task.logdetail":
		if c.text != "" {
			s.print(c.text)
		}
	case "task.debug":
		if v, _ := s.job.vars.get("system.debug"); strings.EqualFold(v, "true") {
			s.print("##[debug]" + c.text)
		}
	case "build.updatebuildnumber":
		s.fault(s.job.vars.set(variable{name: "Build.BuildNumber", value: c.text}))
		s.job.run.number = c.text
	case "task.uploadsummary", "task.uploadfile", "task.addattachment", "artifact.upload", "artifact.associate", "build.addbuildtag", "build.uploadlog", "telemetry.publish":
		s.print(fmt.Sprintf("##[warning]%s was not carried out: this runner keeps no artifacts, attachments or tags", c.name))
	default:
		s.print(fmt.Sprintf("##[warning]##vso[%s] is not a logging command that this runner knows", c.name))
	}
}

func (s *stepRun) fault(err error) {
	if err != nil {
		s.errors++
		s.print("##[error]" + err.Error())
	}
}

func (s *stepRun) setVariable(c command) {
	name := c.properties["variable"]
	if name == "" {
		s.fault(fmt.Errorf("task.setvariable needs the property 'variable'"))
		return
	}
	v := variable{name: name, value: c.text, secret: c.flag("issecret"), readOnly: c.flag("isreadonly")}
	if v.secret {
		s.job.run.secrets.Add(v.value)
	}
	if c.flag("isoutput") {
		v.output = true
		if v.name = name; s.step.Name != "" {
			v.name = s.step.Name + "." + name
		}
	}
	s.fault(s.job.vars.set(v))
}

func (s *stepRun) issue(c command) {
	text := c.text
	if path := c.properties["sourcepath"]; path != "" {
		text = fmt.Sprintf("%s(%s,%s): %s", path, c.properties["linenumber"], c.properties["columnnumber"], text)
	}
	switch strings.ToLower(c.properties["type"]) {
	case "error":
		s.errors++
		s.print("##[error]" + text)
	case "warning":
		s.warnings++
		s.print("##[warning]" + text)
	default:
		s.fault(fmt.Errorf("task.logissue needs type=error or type=warning"))
	}
}

func (s *stepRun) complete(c command) {
	for _, r := range []Result{Succeeded, SucceededWithIssues, Failed, Canceled, Skipped} {
		if strings.EqualFold(string(r), c.properties["result"]) {
			s.completed = s.completed.worse(r)
			if c.text != "" {
				s.reason = c.text
			}
			return
		}
	}
	s.fault(fmt.Errorf("task.complete needs result=Succeeded, SucceededWithIssues or Failed"))
}
