package tcp

// prr is proportional rate reduction (RFC 9937 §6): during fast recovery it lets out data in
// proportion to what is delivered, so that at its end about the slow start threshold is in flight.
type prr struct {
	delivered int // prr_delivered: bytes delivered since recovery began
	out       int // prr_out: bytes sent since then
	flight    int // RecoverFS: bytes outstanding when it began
}

// begin starts with flight bytes outstanding, not counting what the receiver already held.
func (p *prr) begin(flight int) { *p = prr{flight: max(flight, 1)} }

// window returns the congestion window after an acknowledgement that delivered so many bytes. pipe
// is what is in flight now. safe is SafeACK: SND.UNA advanced and no further loss was found.
func (p *prr) window(pipe, threshold, delivered, mss int, safe bool) int {
	p.delivered += delivered
	var n int // sndcnt
	if pipe > threshold {
		n = ceilDiv(p.delivered*threshold, p.flight) - p.out
	} else {
		n = max(p.delivered-p.out, delivered)
		if safe {
			n += mss
		}
		n = min(n, threshold-pipe)
	}
	// Force a fast retransmit upon entering recovery; and where nothing is in flight, nothing will
	// be acknowledged to let out more.
	if p.out == 0 || pipe == 0 {
		n = max(n, mss)
	}
	return pipe + max(n, 0)
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
