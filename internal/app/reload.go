package app

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"gatehouse/internal/cli"
	"gatehouse/internal/config"
)

// reload reads the configuration again: certificates, roots, log level and limits change at once,
// files of logs are opened again, and what needs a restart is named. After an error all stays as
// it was.
func (in *instance) reload(ctx context.Context) error {
	c, found := cli.LoadConfig(in.o.Config)
	if err := found.Err(); err != nil {
		in.log.Error("the configuration was not reloaded: all stays as it was", "error", err.Error())
		return err
	}
	roots, err := c.Roots()
	if err == nil {
		err = in.certificates.load(c)
	}
	if err != nil {
		in.log.Error("the configuration was not reloaded: all stays as it was", "error", err.Error())
		return err
	}
	in.certificates.fetch(ctx, nil)
	in.gateway.SetRoots(in.trusted(roots, in.set.systemRoots))
	in.level.Set(levelOf(c.Log.Level))
	in.edge.SetLimits(limitsOf(c))
	in.gateway.SetTimeouts(timeoutsOf(c))
	for _, s := range append([]*sink{in.sinks.log, in.sinks.access, in.sinks.audit}, in.events.files...) {
		if err := s.Reopen(); err != nil {
			in.log.Error("a log file can't be opened again; the old one goes on", "error", err)
		}
	}
	in.warn(found)
	later := needRestart(in.config, c)
	if len(later) > 0 {
		in.log.Warn("these changes need a restart", "keys", strings.Join(later, ", "))
	}
	in.log.Info("configuration reloaded", "file", c.File)
	if len(later) > 0 {
		return fmt.Errorf("%w: %s", errRestart, strings.Join(later, ", "))
	}
	return nil
}

var errRestart = fmt.Errorf("these changes need a restart")

// needRestart lists the keys that differ and that a reload does not change. old is the
// configuration of the start.
func needRestart(old, now *config.Config) (keys []string) {
	for _, k := range []struct {
		key      string
		old, now any
	}{
		{"data", old.Data, now.Data}, {"passphraseFile", old.PassphraseFile, now.PassphraseFile}, {"names", old.Names, now.Names},
		{"listen", old.Listen, now.Listen}, {"sessionTickets", old.SessionTickets, now.SessionTickets}, {"trust.system", old.Trust.System, now.Trust.System},
		{"log.to", old.Log.To, now.Log.To}, {"accessLog.to", old.AccessLog.To, now.AccessLog.To}, {"audit.copy", old.Audit.Copy, now.Audit.Copy},
		{"limits.drainTimeout", old.Limits.DrainTimeout, now.Limits.DrainTimeout}, {"limits.vaults", old.Limits.Vaults, now.Limits.Vaults},
		{"events", old.Events, now.Events}, {"operations", old.Operations, now.Operations}, {"tracing", old.Tracing, now.Tracing},
	} {
		if !reflect.DeepEqual(k.old, k.now) {
			keys = append(keys, k.key)
		}
	}
	return keys
}
