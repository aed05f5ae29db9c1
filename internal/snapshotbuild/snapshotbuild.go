// Package snapshotbuild makes the snapshot that a gateway runs from the resources in
// the store: it reads those of Microsoft.ApiManagement once, follows the watch, and
// hands over a new snapshot after each change. Parts that did not change are the
// same pointers in the next snapshot. Start at Builder; tree.go has the state,
// build.go turns it into a snapshot.
//
// It checks nothing (provider/apim has) and compiles nothing (gateway does).
package snapshotbuild

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"gatehouse/internal/arm"
	"gatehouse/internal/resourceid"
	"gatehouse/internal/snapshot"
	"gatehouse/internal/store"
)

// Builder follows the store. Make it with New; Start, then Run.
type Builder struct {
	st     store.Store
	apply  func(*snapshot.Snapshot)
	logger *slog.Logger
	tree   *tree
	events <-chan store.Batch

	// Took, if it is set before Start, hears how long making and applying each snapshot took.
	Took func(time.Duration)
}

// New makes a Builder that gives each snapshot to apply, one after the other.
func New(st store.Store, apply func(*snapshot.Snapshot), logger *slog.Logger) *Builder {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Builder{st: st, apply: apply, logger: logger, tree: newTree(logger)}
}

// Start reads all resources and applies the first snapshot. Run goes on from there.
func (b *Builder) Start(ctx context.Context) error {
	for {
		fresh := newTree(b.logger)
		revision, err := b.read(ctx, fresh)
		if err != nil {
			return err
		}
		events, err := b.st.Watch(ctx, arm.Prefix+"/", revision+1)
		if errors.Is(err, store.ErrCompacted) {
			continue // much was written meanwhile: read again
		}
		if err != nil {
			return err
		}
		fresh.revision = revision
		b.tree, b.events = fresh, events
		b.build()
		return nil
	}
}

// build makes a snapshot and applies it.
func (b *Builder) build() time.Duration {
	begin := time.Now()
	b.apply(b.tree.build())
	took := time.Since(begin)
	if b.Took != nil {
		b.Took(took)
	}
	return took
}

// pageSize bounds what is read at a time.
const pageSize = 500

// read takes in all resources and returns the revision from which the watch has to go on: that
// of the first page, since later pages may be newer.
func (b *Builder) read(ctx context.Context, t *tree) (first int64, err error) {
	o := store.RangeOptions{Prefix: arm.Prefix + "/", Limit: pageSize}
	for {
		page, err := b.st.Range(ctx, o)
		if err != nil {
			return 0, err
		}
		if first == 0 {
			first = page.Revision
		}
		for _, rec := range page.Records {
			t.put(rec)
		}
		if !page.More || len(page.Records) == 0 {
			return first, nil
		}
		o.After = page.Records[len(page.Records)-1].Key
	}
}

// Run applies a snapshot after each change until ctx ends. When the watch falls behind it reads
// all again; until then the last snapshot stays in use.
func (b *Builder) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if b.events == nil {
			if err := b.Start(ctx); err != nil {
				if ctx.Err() != nil || errors.Is(err, store.ErrClosed) {
					return nil
				}
				b.logger.Error("resources can't be read; the last snapshot stays in use", "error", err)
				pause(ctx, time.Second)
				continue
			}
		}
		b.follow(ctx)
		b.events = nil
	}
	return nil
}

// maxPause bounds how long changes are gathered.
const maxPause = 50 * time.Millisecond

// follow builds after each change, and never more than half of the time: what comes
// in a burst is built once. It returns when the events end.
func (b *Builder) follow(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case batch, ok := <-b.events:
			if !ok {
				return
			}
			b.take(batch)
		}
		if !b.drain() {
			return
		}
		if !b.tree.dirty {
			continue
		}
		pause(ctx, min(b.build(), maxPause))
	}
}

// drain takes in what has already arrived.
func (b *Builder) drain() (open bool) {
	for {
		select {
		case batch, ok := <-b.events:
			if !ok {
				return false
			}
			b.take(batch)
		default:
			return true
		}
	}
}

func (b *Builder) take(batch store.Batch) {
	b.tree.revision = batch.Revision
	for _, e := range batch.Events {
		if e.Deleted {
			b.tree.remove(e.Record.Key, batch.Revision)
			continue
		}
		b.tree.put(e.Record)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// ours reports whether the key is that of a service or of something in one, without reading the record.
func ours(key string) bool {
	return strings.Contains(key, "/providers/microsoft.apimanagement/service/")
}

func idOf(key string) (resourceid.ID, bool) {
	id, err := resourceid.Parse(strings.TrimPrefix(key, arm.Prefix))
	return id, err == nil && strings.EqualFold(id.Namespace(), "Microsoft.ApiManagement")
}
