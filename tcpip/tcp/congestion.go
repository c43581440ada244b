package tcp

import "strconv"

// CongestionControl names an algorithm of congestion avoidance.
type CongestionControl uint8

// The algorithms.
const (
	CUBIC   CongestionControl = iota // RFC 9438 with HyStart++ (RFC 9406); the default
	NewReno                          // RFC 5681 and 6582
)

// String returns "cubic" or "reno".
func (c CongestionControl) String() string {
	switch c {
	case CUBIC:
		return "cubic"
	case NewReno:
		return "reno"
	}
	return "congestion(" + strconv.Itoa(int(c)) + ")"
}
