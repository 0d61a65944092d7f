package ssh

import "errors"

// IsUntrusted says whether an error is of a machine whose key is not the one that is known: trying again is no use.
func IsUntrusted(err error) bool {
	_, is := errors.AsType[*untrusted](err)
	return is
}
