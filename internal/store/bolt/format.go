package bolt

import (
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"gatehouse/internal/store"
)

// The file has two buckets. meta: "format" (formatVersion) and "revision", both eight
// bytes, big endian. data: key → created (8) revision (8) value. A change that an
// older program would misread raises formatVersion.
const formatVersion = 1

const headerSize = 16

var (
	metaBucket  = []byte("meta")
	dataBucket  = []byte("data")
	formatKey   = []byte("format")
	revisionKey = []byte("revision")
)

// checkFormat prepares a new file, or checks an old one, and returns its revision.
func checkFormat(db *bbolt.DB) (revision int64, err error) {
	fresh := false
	err = db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket(metaBucket)
		if meta == nil {
			if first, _ := tx.Cursor().First(); first != nil {
				return fmt.Errorf("%w: it is a bbolt file of another program; choose another data folder", store.ErrVersion)
			}
			fresh = true
			return nil
		}
		if found := readUint(meta.Get(formatKey)); found != formatVersion {
			return fmt.Errorf("%w: its format is %d, this program reads %d; use the Gatehouse version that wrote it, or choose another data folder", store.ErrVersion, found, formatVersion)
		}
		revision = readRevision(tx)
		return nil
	})
	if err == nil && fresh {
		err = db.Update(format)
	}
	return revision, err
}

func format(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucket(metaBucket)
	if err != nil {
		return err
	}
	if _, err = tx.CreateBucket(dataBucket); err != nil {
		return err
	}
	if err = meta.Put(formatKey, appendUint(nil, formatVersion)); err != nil {
		return err
	}
	return meta.Put(revisionKey, appendUint(nil, 0))
}

func readRevision(tx *bbolt.Tx) int64 { return readUint(tx.Bucket(metaBucket).Get(revisionKey)) }

func readUint(b []byte) int64 {
	if len(b) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(b))
}

func appendUint(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

func encodeRecord(created, revision int64, value []byte) []byte {
	out := make([]byte, 0, headerSize+len(value))
	out = appendUint(out, created)
	out = appendUint(out, revision)
	return append(out, value...)
}

// decodeRecord copies the value: bbolt's memory is valid inside its transaction only.
func decodeRecord(key string, stored []byte, withValue bool) (store.Record, error) {
	if len(stored) < headerSize {
		return store.Record{}, fmt.Errorf("store: the record %q is damaged: %d bytes", key, len(stored))
	}
	record := store.Record{Key: key, Created: readUint(stored[:8]), Revision: readUint(stored[8:headerSize])}
	if withValue {
		record.Value = append(make([]byte, 0, len(stored)-headerSize), stored[headerSize:]...)
	}
	return record, nil
}
