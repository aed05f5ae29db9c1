package vault

import (
	"encoding/json"
	"errors"
	"fmt"

	"gatehouse/internal/azerr"
	"gatehouse/internal/store"
)

// badParameter says what is wrong with what the caller sent.
func badParameter(format string, args ...any) error {
	return azerr.KVBadParameter.New(fmt.Sprintf(format, args...))
}

// notSupported refuses by name what Azure has and this program has not.
func notSupported(format string, args ...any) error {
	return azerr.KVNotSupported.New(fmt.Sprintf(format, args...))
}

// notFound is the 404 of the kind; what is a name, or NAME/VERSION.
func (k Kind) notFound(what string) error {
	switch k {
	case Certificates:
		return azerr.KVCertificateNotFound.New(what)
	case Keys:
		return azerr.KVKeyNotFound.New(what)
	}
	return azerr.KVSecretNotFound.New(what)
}

func (k Kind) deletedNotFound(name string) error {
	switch k {
	case Certificates:
		return azerr.KVDeletedCertNotFound.New(name)
	case Keys:
		return azerr.KVDeletedKeyNotFound.New(name)
	}
	return azerr.KVDeletedSecNotFound.New(name)
}

// wire turns the store's errors into what a caller can act on.
func wire(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNoSpace):
		return azerr.KVNoSpace.New().Because(err)
	case errors.Is(err, store.ErrTooLarge):
		return azerr.KVTooLarge.New("What is to be stored is too large for one object.").Because(err)
	}
	return err
}

// maxMetadata bounds what lists have to read of one object.
const maxMetadata = 48 << 10

// bounded refuses metadata that would make every list slow.
func bounded(what string, v any) error {
	b, err := json.Marshal(v)
	if err == nil && len(b) > maxMetadata {
		err = badParameter("%s has %d bytes; the limit is %d.", what, len(b), maxMetadata)
	}
	return err
}
