package stack

import "syscall"

// withParent has a kept program killed when its keeper was.
func withParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
