package ssh

import "errors"

// ErrUntrusted is of a machine whose key is not the one that is known: nothing was told to it, and trying again is no use.
var ErrUntrusted = errors.New("the key of the machine is not the one that is known")

// Is has errors.Is find out what it is.
func (*untrusted) Is(target error) bool { return target == ErrUntrusted }
