package machine

import "fmt"

// End is what ended a machine.
type End string

// Ends of a machine.
const (
	Exited   End = "exited"   // the program, with a code
	Watchdog End = "watchdog" // an NMI of the host: the machine hung
	Panicked End = "panicked" // a mistake of the kernel
	Killed   End = "killed"   // by us
	Reset    End = "reset"    // without a word: a triple fault, or QEMU was told to
	Failed   End = "failed"   // QEMU, see Exit.Why
)

// CodeMax stands for all exit codes from it on: the console has the code.
const CodeMax = 124

// Exit is how a machine ended.
type Exit struct {
	End  End
	Code int    // of the program, if it exited; CodeMax stands for all higher ones
	Why  string // what QEMU said, if that failed
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
	return "QEMU failed: " + e.Why
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
	switch value := status >> 1; {
	case status == 0:
		return Exit{End: Reset}
	case status == statusFailed || status < 0 || status&1 == 0:
		return Exit{End: Failed, Why: stderr}
	case value == valueWatchdog:
		return Exit{End: Watchdog}
	case value == valuePanic:
		return Exit{End: Panicked}
	default:
		return Exit{End: Exited, Code: value - 1}
	}
}
