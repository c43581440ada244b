package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// End is what ended a machine.
type End string

// Ends of a machine.
const (
	Exited   End = "exited"   // the program, with a code
	Watchdog End = "watchdog" // an NMI of the host: the machine hung
	Panicked End = "panicked" // a mistake of the kernel
	Killed   End = "killed"   // by us
	Reset    End = "reset"    // without a word: a triple fault, or QEMU was told to
	Failed   End = "failed"   // the hypervisor, see Exit.Why
)

// CodeMax stands for all exit codes from it on: the console has the code.
const CodeMax = 124

// Exit is how a machine ended.
type Exit struct {
	End  End
	Code int    // of the program, if it exited; CodeMax stands for all higher ones
	Why  string // what the hypervisor said, if that failed
}

// OK tells whether the program ended with code 0.
func (e Exit) OK() bool { return e.End == Exited && e.Code == 0 }

// String says it in words.
func (e Exit) String() string {
	switch e.End {
	case Exited:
		return fmt.Sprintf("exit code %d", e.Code)
	case Watchdog:
		return "it hung: the watchdog ended it"
	case Panicked:
		return "the kernel panicked"
	case Killed:
		return "killed"
	case Reset:
		return "it was reset without a word"
	}
	return "the hypervisor failed: " + e.Why
}

// Values of the exit port that are not a program's, and QEMU's own status.
const (
	valueWatchdog = 126
	valuePanic    = 127
	statusFailed  = 1
)

// exitOf reads QEMU's status: what the kernel wrote to the exit port, times two, plus one. That is
// the program's code + 1, so that no program gives QEMU's own 1.
func exitOf(status int, stderr string) Exit {
	switch {
	case status == 0:
		return Exit{End: Reset}
	case status == statusFailed || status < 0 || status&1 == 0:
		return Exit{End: Failed, Why: stderr}
	}
	return exitValue(status >> 1)
}

// exitValue reads what the kernel wrote to the exit port.
func exitValue(value int) Exit {
	switch value {
	case valueWatchdog:
		return Exit{End: Watchdog}
	case valuePanic:
		return Exit{End: Panicked}
	default:
		return Exit{End: Exited, Code: value - 1}
	}
}

// exitSaid reads how a machine ended whose hypervisor has no exit port: the kernel's last line has
// what it would have written there.
func exitSaid(status int, last, stderr string) Exit {
	if status != 0 {
		return Exit{End: Failed, Why: stderr}
	}
	text, said := strings.CutPrefix(last, "atoll: exit value ")
	value, err := strconv.Atoi(text)
	if !said || err != nil || value < 1 || value > valuePanic {
		return Exit{End: Reset}
	}
	return exitValue(value)
}
