package store

import "fmt"

// MaxTxn bounds the bytes of keys and values in one transaction: below etcd's default
// request limit of 1.5 MiB, room for its framing left.
const MaxTxn = MaxValue + 256<<10

// CheckTxn refuses what no implementation takes: too many or too large operations
// (ErrTooLarge), an empty key, or a key in two operations. Implementations call it first.
func CheckTxn(conditions []Condition, ops []Op) error {
	if len(conditions) > MaxOps || len(ops) > MaxOps {
		return fmt.Errorf("%w: %d conditions and %d writes, at most %d each", ErrTooLarge, len(conditions), len(ops), MaxOps)
	}
	total := 0
	seen := make(map[string]bool, len(ops))
	for _, op := range ops {
		if err := checkOp(op); err != nil {
			return err
		}
		if seen[op.Key] {
			return fmt.Errorf("store: key %q stands in two writes of one transaction", op.Key)
		}
		seen[op.Key] = true
		total += len(op.Key) + len(op.Value)
	}
	if total > MaxTxn {
		return fmt.Errorf("%w: %d bytes in one transaction, at most %d", ErrTooLarge, total, MaxTxn)
	}
	return nil
}

func checkOp(op Op) error {
	switch {
	case op.Key == "":
		return fmt.Errorf("store: a write without a key")
	case len(op.Key) > MaxKey:
		return fmt.Errorf("%w: a key of %d bytes, at most %d", ErrTooLarge, len(op.Key), MaxKey)
	case len(op.Value) > MaxValue:
		return fmt.Errorf("%w: the value of %q has %d bytes, at most %d", ErrTooLarge, op.Key, len(op.Value), MaxValue)
	}
	return nil
}
