//go:build race

package entropytest

// cases of each fault: the race detector makes them slow, and finds nothing in more of them.
const cases, lateMax = 20, 3
