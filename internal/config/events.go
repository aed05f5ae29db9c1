package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// events checks where the events of loggers go.
func (k *checker) events() {
	k.receiver("events.to", k.c.Events.To)
	seen := map[string]bool{}
	for i, l := range k.c.Events.Loggers {
		at := fmt.Sprintf("events.loggers[%d]", i)
		for name, v := range map[string]string{"service": l.Service, "logger": l.Logger, "to": l.To} {
			if v == "" {
				k.wrong(at, "Give service, logger and to.", "'%s' is missing.", name)
			}
		}
		key := strings.ToLower(l.Service + "/" + l.Logger)
		if seen[key] {
			k.wrong(at, "Name each logger once.", "The logger '%s' of '%s' stands in 'events.loggers' twice.", l.Logger, l.Service)
		}
		seen[key] = true
		k.receiver(at+".to", l.To)
	}
}

// receiver checks a URL: events may hold what nobody on the way is to read.
func (k *checker) receiver(path, to string) {
	if !IsURL(to) {
		return
	}
	u, err := url.Parse(to)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		k.wrong(path, "Write it as in https://collector.contoso.example/events.", "'%s' is not a URL that events can be sent to.", to)
		return
	}
	if a, err := netip.ParseAddr(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		k.wrong(path, "Use https.", "'%s' would send events over the network unencrypted.", to)
	}
}
