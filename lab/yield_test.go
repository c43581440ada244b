package lab

import (
	"runtime"

	"github.com/atoll-os/atoll/clock"
)

type clockInstant = clock.Instant

// runtimeYield lets a goroutine that was just begun go first.
func runtimeYield() {
	for range 1000 {
		runtime.Gosched()
	}
}
