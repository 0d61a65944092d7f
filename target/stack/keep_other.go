//go:build !linux

package stack

import "syscall"

// withParent does nothing: only Linux tells a program that its parent was killed.
func withParent(*syscall.SysProcAttr) {}
