//go:build unix && !linux

package machine

import (
	"os/exec"
	"syscall"
)

// separate keeps Ctrl-C away from the hypervisor: who started it decides how the machine stops.
func separate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
