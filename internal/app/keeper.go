package app

import (
	"context"
	"io"

	"gatehouse/internal/audit"
	"gatehouse/internal/azerr"
)

// keeper does what the operator asks through the local socket. Each deed is audited first,
// under the built-in user, since the socket takes that user's processes only.
type keeper struct{ s *server }

func (k keeper) RotateKeys(ctx context.Context, passphrase []byte) (int, error) {
	if err := k.record(ctx, "Gatehouse/keys/rotate/action"); err != nil {
		return 0, err
	}
	n, err := k.s.state.RotateKeys(ctx, passphrase)
	if err != nil {
		k.s.log.Error("rotating the keys failed", "error", err)
	}
	return n, operatorError(err)
}

func (k keeper) Archive(ctx context.Context, w io.Writer) error {
	if err := k.record(ctx, "Gatehouse/backup/action"); err != nil {
		return err
	}
	err := k.s.state.Archive(ctx, w)
	if err != nil {
		k.s.log.Error("the backup failed", "error", err)
	}
	return operatorError(err)
}

func (k keeper) AuditHead() audit.Head { return k.s.state.Audit.Head() }

func (k keeper) record(ctx context.Context, action string) error {
	user := k.s.identity.User()
	return operatorError(k.s.auditor.Write(ctx, audit.Record{Caller: user.ObjectID, CallerName: user.UPN, Action: action, Decision: audit.Allowed, Result: "Begun"}))
}

// operatorError shows what went wrong: the operator may read the server's log as well.
func operatorError(err error) error {
	if err == nil {
		return nil
	}
	return operatorFailed.New(err).Because(err)
}

var operatorFailed = &azerr.Code{Code: "Failed", Status: 500, Format: "%v"}
