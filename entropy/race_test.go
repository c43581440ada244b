//go:build race

package entropy_test

// raceDetector tells whether the race detector is on.
const raceDetector = true
