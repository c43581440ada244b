//go:build !race

package entropytest

// cases of each fault. Two are expected to be late; more than seven would be a chance of 1 in 1000.
const cases, lateMax = 200, 7
