//go:build !race

package lint

// hostileCount is how many records TestHostile makes.
const hostileCount = 10_000
