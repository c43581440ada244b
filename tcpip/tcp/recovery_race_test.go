//go:build race

package tcp

// Under the race detector a sync.Pool forgets at random, so allocations are not counted; and long
// transfers are cut short.
const (
	raceEnabled = true
	bandSeconds = 10
)
