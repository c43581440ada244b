package tcp

// Sequence numbers live on a circle of 2^32 and are compared by their distance (RFC 9293 §3.4).
// The numbers compared here always lie within 2^31 of each other.

// before reports a < b.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// later returns the greater of a and b.
func later(a, b uint32) uint32 {
	if before(a, b) {
		return b
	}
	return a
}

// earlier returns the lesser of a and b.
func earlier(a, b uint32) uint32 {
	if before(a, b) {
		return a
	}
	return b
}
