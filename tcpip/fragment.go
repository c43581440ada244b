package tcpip

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/ip"
	"github.com/atoll-os/atoll/wire"
)

// inputFragment takes a fragment of a packet for us; the last one that is missing makes it whole.
func (s *Stack) inputFragment(now clock.Instant, p *packet) {
	r := s.fragments6
	if p.src.Is4() {
		r = s.fragments4
	}
	whole, verdict := r.Input(now, p.in.index, p.network)
	switch verdict {
	case ip.Whole:
		s.stats.Reassembled++
		p.frame.Release()
		p.frame, p.unsummed = whole, false
		if p.src.Is4() {
			s.inputIPv4(now, p, whole.Data)
		} else {
			s.inputIPv6(now, p, whole.Data)
		}
		return
	case ip.Waiting:
		return
	case ip.BadLength:
		s.parameterProblem(now, p, wire.ProblemField, 4)
	case ip.TooLong:
		s.parameterProblem(now, p, wire.ProblemField, wire.IPv6Size+2)
	case ip.ShortFirst:
		s.parameterProblem(now, p, problemShortFirst, 0)
	}
	s.drop(DropFragment)
}

// problemShortFirst is the code of RFC 7112 §5: a first fragment without all headers.
const problemShortFirst = 3

// pollFragments drops packets whose fragments did not all arrive in time.
func (s *Stack) pollFragments(now clock.Instant) {
	for _, r := range [2]*ip.Reassembler{s.fragments4, s.fragments6} {
		for {
			e, ok := r.Poll(now)
			if !ok {
				break
			}
			s.drop(DropFragment)
			if e.First != nil {
				s.reassemblyExceeded(now, e.Port, e.First)
			}
		}
	}
}
