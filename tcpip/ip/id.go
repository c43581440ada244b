package ip

// idCounters is how many counters share all flows; two flows meet in one with probability 1/1024,
// which makes either skip some values and does no harm.
const idCounters = 1024

// IDs hands out the identifications of packets that may be fragmented; the zero value is ready.
// Those of one flow count up, so that none comes twice while the one before may still be on its way
// (RFC 6864 §4.3, RFC 8200 §4.5); where they begin is a secret, so that nobody can guess those of
// another flow and send fragments for it (RFC 7739 §5.3).
type IDs struct{ counters []uint32 }

// Next returns the identification of the next packet of a flow, a keyed hash of source, destination
// and protocol. IPv4 uses the low 16 bits.
func (t *IDs) Next(flow uint64) uint32 {
	if t.counters == nil {
		t.counters = make([]uint32, idCounters)
	}
	c := &t.counters[flow>>32%idCounters]
	*c++
	return uint32(flow) + *c
}
