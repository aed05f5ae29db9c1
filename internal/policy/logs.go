package policy

import (
	"strconv"
	"strings"
)

// trace compiles <trace>: a message for the policy trace and the sinks of logs.
func (c *compiler) trace(e *element) builder {
	source := c.needText(e, "source")
	severity := c.choice(e, "severity", "verbose", "information", "error")
	var message *Text
	var names, values []*Text
	if strings.TrimSpace(e.text.text) != "" { // the form of before <message>, which is still accepted
		message = &Text{what: "<trace>"}
		message.literal, message.code, _ = c.value(e.text, message.what, TextKind)
		message.literal = strings.TrimSpace(message.literal)
		e.text = value{}
	}
	for _, child := range c.children(e, "message metadata") {
		if child.name == "message" {
			c.noAttributes(child)
			if message != nil {
				c.reportElement(codeTwice, child, child.name, "<trace>")
			}
			message = c.trimmed(child)
			continue
		}
		c.checkAttributes(child, definition{attributes: "name value"})
		c.noChildren(child)
		names, values = append(names, c.needText(child, "name")), append(values, c.needText(child, "value"))
	}
	if message == nil && len(c.diags) == 0 {
		c.reportElement(codeRequired, e, e.name, "a <message>")
	}
	return c.simple(e, func(ex *Exchange) error {
		if ex.Tracer == nil && (ex.Env == nil || ex.Env.Sink == nil) {
			return nil
		}
		t := Trace{Severity: severity}
		var errs [4]error
		t.Source, errs[0] = source.get(ex)
		t.Message, errs[1] = message.get(ex)
		t.Metadata, errs[2] = pairs(ex, names, values)
		if err := firstError(errs[:]...); err != nil {
			return err
		}
		if ex.Env != nil && ex.Env.Sink != nil {
			ex.Env.Sink.Trace(ex, t)
		}
		return nil
	})
}

// pairs evaluates names and values.
func pairs(ex *Exchange, names, values []*Text) ([]Field, error) {
	list := make([]Field, len(names))
	for i := range names {
		n, err := names[i].get(ex)
		v, errValue := values[i].get(ex)
		if err != nil || errValue != nil {
			return nil, firstError(err, errValue)
		}
		list[i] = Field{n, v}
	}
	return list, nil
}

// defaultDimensions are those that emit-metric fills by itself when they have no value.
var defaultDimensions = map[string]func(ex *Exchange) string{
	"API ID": func(ex *Exchange) string { return orNothing(ex.API, func(a *APIInfo) string { return a.ID }) },
	"Operation ID": func(ex *Exchange) string {
		return orNothing(ex.Operation, func(o *OperationInfo) string { return o.ID })
	},
	"Product ID": func(ex *Exchange) string { return orNothing(ex.Product, func(p *ProductInfo) string { return p.ID }) },
	"User ID":    func(ex *Exchange) string { return orNothing(ex.User, func(u *UserInfo) string { return u.ID }) },
	"Subscription ID": func(ex *Exchange) string {
		return orNothing(ex.Subscription, func(s *SubscriptionInfo) string { return s.ID })
	},
	"Location": func(ex *Exchange) string {
		return orNothing(ex.Service, func(s *ServiceInfo) string { return s.Region })
	},
	"Gateway ID": func(ex *Exchange) string { return "managed" },
	"Backend ID": func(ex *Exchange) string { return ex.Backend.ID },
}

func orNothing[T any](p *T, f func(*T) string) string {
	if p == nil {
		return ""
	}
	return f(p)
}

// emitMetric compiles <emit-metric>. https://learn.microsoft.com/azure/api-management/emit-metric-policy
func (c *compiler) emitMetric(e *element) builder {
	name, namespace, number := c.needText(e, "name"), c.text(e, "namespace"), c.text(e, "value")
	if number != nil && number.code == nil {
		if _, err := strconv.ParseFloat(strings.TrimSpace(number.literal), 64); err != nil {
			c.badValue(e, "value", "a number")
		}
	}
	var names []string
	var values []*Text
	for _, child := range c.children(e, "dimension") {
		c.checkAttributes(child, definition{attributes: "name value"})
		c.noChildren(child)
		n, _ := c.required(child, "name")
		v := c.text(child, "value")
		if v == nil && n != "" && defaultDimensions[n] == nil {
			c.reportElement(codeRequired, child, "dimension", "the attribute 'value', since '"+n+"' is not one of the default dimensions")
		}
		names, values = append(names, n), append(values, v)
	}
	if len(names) == 0 || len(names) > 10 {
		c.reportElement(codeRequired, e, e.name, "one to ten <dimension>")
	}
	return c.simple(e, func(ex *Exchange) error {
		if ex.Env == nil || ex.Env.Sink == nil {
			return nil // metrics go nowhere
		}
		m := Metric{Value: 1}
		var err error
		if m.Name, err = name.get(ex); err != nil {
			return err
		}
		if m.Namespace, err = namespace.get(ex); err != nil {
			return err
		}
		if number != nil {
			text, err := number.get(ex)
			if err == nil {
				m.Value, err = strconv.ParseFloat(strings.TrimSpace(text), 64)
			}
			if err != nil {
				return evaluationFailed(number.what, err)
			}
		}
		for i, n := range names {
			var v string
			if values[i] == nil {
				v = defaultDimensions[n](ex)
			} else if v, err = values[i].get(ex); err != nil {
				return err
			}
			m.Dimensions = append(m.Dimensions, Field{n, v})
		}
		ex.Env.Sink.Metric(ex, m)
		return nil
	})
}

// maxEvent is the size of an event, beyond which Azure cuts it off.
const maxEvent = 200 << 10

// logToEventHub compiles <log-to-eventhub>. The event goes to what the logger stands for; one that
// is lost does not fail the exchange. https://learn.microsoft.com/azure/api-management/log-to-eventhub-policy
func (c *compiler) logToEventHub(e *element) builder {
	logger, _ := c.required(e, "logger-id")
	id, _ := c.literal(e, "partition-id")
	key := c.text(e, "partition-key")
	if e.attribute("partition-id") != nil && e.attribute("partition-key") != nil {
		c.badValue(e, "partition-key", "left out when 'partition-id' is given")
	}
	logger = strings.TrimSpace(logger)
	if logger != "" {
		c.refer(e, "logger-id", "logger", logger)
	}
	text := c.content(e)
	return c.simple(e, func(ex *Exchange) error {
		v := Event{Logger: logger, PartitionID: id}
		var errs [2]error
		v.PartitionKey, errs[0] = key.get(ex)
		v.Text, errs[1] = text.get(ex)
		if err := firstError(errs[:]...); err != nil {
			return err
		}
		if len(v.Text) > maxEvent {
			v.Text = v.Text[:maxEvent]
		}
		l, err := ex.Env.logger(logger)
		if err != nil {
			return err
		}
		if err := l.Log(ex.Context, v); err != nil {
			ex.traceValue("the event of 'log-to-eventhub'", "lost: "+err.Error())
		}
		return nil
	})
}

// logger is what an event goes to.
func (env *Environment) logger(id string) (Logger, error) {
	if env == nil || env.Loggers[strings.ToLower(id)] == nil {
		return nil, missing("logger '" + id + "'")
	}
	return env.Loggers[strings.ToLower(id)], nil
}
