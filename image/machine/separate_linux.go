package machine

import (
	"os/exec"
	"syscall"
)

// separate keeps Ctrl-C away from the hypervisor: who started it decides how the machine stops. If
// the starter dies, the machine does too.
func separate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
