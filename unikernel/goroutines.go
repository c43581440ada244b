package unikernel

import (
	"bytes"
	"runtime"
)

// stacksBytesMax is how much of the stacks an overrun reports.
const stacksBytesMax = 64 << 10

// goroutines returns the stacks of all goroutines but those of this package and of package signal.
func goroutines() []byte {
	buf := make([]byte, stacksBytesMax)
	all := buf[:runtime.Stack(buf, true)]
	var kept [][]byte
	for i, stack := range bytes.Split(all, []byte("\n\n")) {
		// The first one is the caller's.
		if i > 0 && !bytes.Contains(stack, []byte("os/signal.")) {
			kept = append(kept, bytes.TrimSpace(stack))
		}
	}
	return bytes.Join(kept, []byte("\n\n"))
}
