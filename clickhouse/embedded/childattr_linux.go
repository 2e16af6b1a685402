package embedded

import "syscall"

// childAttributes put the child into a group of its own, so that Ctrl-C reaches the parent only, which stops it in order.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// serverAttributes also have a clickhouse server told to stop when the thread that started it ends: it watches no pipe.
func serverAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
