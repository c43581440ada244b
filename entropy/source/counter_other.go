//go:build !amd64 && !arm64

package source

import "time"

var began = time.Now()

// counter reads the finest clock that Go has for this processor. Where it ticks too slowly, the
// timings it gives fail their tests, and nothing worse.
func counter() uint64 { return uint64(time.Since(began)) }
