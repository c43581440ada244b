package health_test

import (
	"fmt"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
	"github.com/atoll-os/atoll/prng"
)

// A source of bytes claims 5 bits for each; it works for a while and then sticks.
func ExampleMonitor() {
	cutoffs, err := cutoff.For(5000, 8)
	if err != nil {
		panic(err)
	}
	m := health.New(cutoffs)
	raw, source := make([]byte, 1500), prng.New(1)
	source.Read(raw)
	fmt.Println(m.Feed(raw), "of 1500 count,", m.State())
	fmt.Println(m.Feed(make([]byte, 9)), "of 9 count,", m.State())
	m.Restart()
	source.Read(raw)
	fmt.Println(m.Feed(raw), "of 1500 count,", m.State())
	// Output:
	// 476 of 1500 count, healthy
	// 0 of 9 count, intermittent
	// 476 of 1500 count, healthy
}
