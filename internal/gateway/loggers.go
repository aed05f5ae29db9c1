package gateway

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"time"

	"gatehouse/internal/policy"
	"gatehouse/internal/snapshot"
)

// logger is one of service/loggers for log-to-eventhub: its events are JSON lines for what the site
// configured, or entries of the gateway's own log.
type logger struct {
	service, name, hub string
	to                 io.Writer // nil: log
	log                *slog.Logger
	now                func() time.Time
}

// event is a line.
type event struct {
	Time         time.Time `json:"time"`
	Service      string    `json:"service"`
	Logger       string    `json:"logger"`
	EventHub     string    `json:"eventHub,omitempty"`
	PartitionID  string    `json:"partitionId,omitempty"`
	PartitionKey string    `json:"partitionKey,omitempty"`
	Event        string    `json:"event"`
}

// loggers are those of the service that events can be sent to.
func (g *Gateway) loggers(snap *snapshot.Service) map[string]policy.Logger {
	out := make(map[string]policy.Logger, len(snap.Loggers))
	for id, l := range snap.Loggers {
		made := &logger{service: snap.Name, name: l.ID, hub: l.Name, log: g.o.Logger, now: g.o.Now}
		if g.o.Events != nil {
			made.to = g.o.Events(snap.Name, l.ID)
		}
		out[strings.ToLower(id)] = made
	}
	return out
}

// Log implements policy.Logger.
func (l *logger) Log(ctx context.Context, e policy.Event) error {
	if l.to == nil {
		l.log.InfoContext(ctx, "policy event", "service", l.service, "logger", l.name, "event", e.Text)
		return nil
	}
	line, err := json.Marshal(event{Time: l.now().UTC(), Service: l.service, Logger: l.name, EventHub: l.hub, PartitionID: e.PartitionID, PartitionKey: e.PartitionKey, Event: e.Text})
	if err != nil {
		return err
	}
	_, err = l.to.Write(append(line, '\n'))
	return err
}
