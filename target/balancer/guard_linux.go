package balancer

import "syscall"

// withGuard has a program end, and its workers with it, when its guard was killed. KILL
// would leave those of nginx behind.
func withGuard(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
