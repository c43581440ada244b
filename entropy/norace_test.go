//go:build !race

package entropy_test

const raceDetector = false
