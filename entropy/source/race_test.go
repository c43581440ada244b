//go:build race

package source

// raceDetector tells whether the race detector is on.
const raceDetector = true
