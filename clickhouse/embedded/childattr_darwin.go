package embedded

import "syscall"

// childAttributes put the child into a group of its own, so that Ctrl-C reaches the parent only, which stops it in order.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// serverAttributes are the same: there is no signal at the parent's death here.
func serverAttributes() *syscall.SysProcAttr { return childAttributes() }
