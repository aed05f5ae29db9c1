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
		var errs [3]error
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
	m := Metric{Namespace: "API Management"}
	m.Name, _ = c.required(e, "name")
	if text, ok := c.literal(e, "namespace"); ok {
		m.Namespace = text
	}
	number := c.text(e, "value")
	if number != nil && number.code == nil {
		if _, err := strconv.ParseFloat(strings.TrimSpace(number.literal), 64); err != nil {
			c.badValue(e, "value", "a number")
		}
	}
	list := c.dimensions(e)
	return c.simple(e, func(ex *Exchange) error {
		if ex.Env == nil || ex.Env.Sink == nil {
			return nil // metrics go nowhere
		}
		m := m
		var err error
		if m.Value, err = metricValue(ex, number); err != nil {
			return err
		}
		m.Dimensions = make([]Field, len(list))
		for i := range list {
			if m.Dimensions[i], err = list[i].get(ex); err != nil {
				return err
			}
		}
		ex.Env.Sink.Metric(ex, m)
		return nil
	})
}

// metricValue is the value of a metric, 1 without one.
func metricValue(ex *Exchange, number *Text) (float64, error) {
	if number == nil {
		return 1, nil
	}
	text, err := number.get(ex)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil {
		return 0, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The value of " + number.what + " must be a number.", Cause: err}
	}
	return v, nil
}

// dimension is a <dimension>; without a value it is one of the default dimensions.
type dimension struct{ name, value *Text }

func (c *compiler) dimensions(e *element) (list []dimension) {
	for _, child := range c.children(e, "dimension") {
		c.checkAttributes(child, definition{attributes: "name value"})
		c.noChildren(child)
		d := dimension{c.needText(child, "name"), c.text(child, "value")}
		if name, known := d.name.constant(); d.value == nil && known && name != "" && defaultDimensions[name] == nil {
			c.reportElement(codeRequired, child, "dimension", "the attribute 'value', since '"+name+"' is not one of the default dimensions")
		}
		list = append(list, d)
	}
	if len(list) == 0 || len(list) > 10 {
		c.reportElement(codeRequired, e, e.name, "one to ten <dimension>")
	}
	return list
}

func (d dimension) get(ex *Exchange) (Field, error) {
	name, err := d.name.get(ex)
	if err != nil {
		return Field{}, err
	}
	if d.value != nil {
		value, err := d.value.get(ex)
		return Field{name, value}, err
	}
	f := defaultDimensions[name]
	if f == nil {
		return Field{}, &Error{Reason: "ExpressionValueEvaluationFailure", Message: "The dimension '" + name + "' has no value, and it is not one of the default dimensions."}
	}
	return Field{name, f(ex)}, nil
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
