package site

import (
	"math"
	"runtime/debug"
	"testing"
)

// Where memory has a limit, connections have one that follows from it.
func TestConnections(t *testing.T) {
	for free, want := range map[int64]int{-1: connectionsMin, 0: connectionsMin, 20 << 20: 80,
		math.MaxInt64: ConnectionsMax} {
		if got := connectionsIn(free); got != want {
			t.Errorf("with %d bytes free there are %d, want %d", free, got, want)
		}
	}
	if got := connections(); got != ConnectionsMax {
		t.Errorf("without a limit there are %d", got)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(memoryTaken()) / 2))
	if got := connections(); got != connectionsMin {
		t.Errorf("without memory there are %d, want %d", got, connectionsMin)
	}
}
