//go:build race

package lint

// hostileCount is how many records TestHostile makes: fewer under the race detector.
const hostileCount = 1_000
