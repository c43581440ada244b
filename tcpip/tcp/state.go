package tcp

import (
	"strconv"

	"github.com/atoll-os/atoll/clock"
)

// State is a state of a connection (RFC 9293 §3.3.2). LISTEN is not one: it belongs to whoever
// accepts connections.
type State uint8

const (
	// Closed: there is no connection, either not any more or because it failed (Err says why). What
	// has been received may still be read; a RST may still be owed. Nothing leaves it.
	Closed State = iota
	// SynSent: our SYN is on its way; we repeat it. SYN-ACK leads to ESTABLISHED, a SYN alone to
	// SYN-RECEIVED (simultaneous open), an acceptable RST or silence to CLOSED (§3.10.7.3).
	SynSent
	// SynReceived: both SYNs are out, ours is not acknowledged; we repeat SYN-ACK. The ACK leads to
	// ESTABLISHED.
	SynReceived
	// Established: data flows both ways. A FIN leads to CLOSE-WAIT, CloseWrite to FIN-WAIT-1.
	Established
	// FinWait1: our side is closed: what is queued is sent, then FIN. The FIN's acknowledgement
	// leads to FIN-WAIT-2, the peer's FIN to CLOSING.
	FinWait1
	// FinWait2: our FIN is acknowledged; we still receive. The peer's FIN leads to TIME-WAIT.
	FinWait2
	// CloseWait: the peer has finished; we may still send. CloseWrite leads to LAST-ACK.
	CloseWait
	// Closing: both sides have closed at once; we wait for our FIN's acknowledgement, which leads to
	// TIME-WAIT.
	Closing
	// LastAck: the peer had finished first and now we have; our FIN's acknowledgement ends it.
	LastAck
	// TimeWait: all is done and acknowledged; we stay for two maximum segment lifetimes to
	// acknowledge a repeated FIN and to let old segments die (§3.6.1, §3.10.8).
	TimeWait

	states
)

var stateNames = [states]string{"CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1",
	"FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}

// String returns the state's name as RFC 9293 writes it, such as "FIN-WAIT-1".
func (s State) String() string {
	if s < states {
		return stateNames[s]
	}
	return "STATE(" + strconv.Itoa(int(s)) + ")"
}

// synchronized reports whether both initial sequence numbers are known and ours is acknowledged
// (RFC 9293 §3.5.1).
func (s State) synchronized() bool { return s >= Established }

// receives reports whether text from the peer is still to come.
func (s State) receives() bool { return s == Established || s == FinWait1 || s == FinWait2 }

// transitions says which states may follow which; the picture in the package comment is the same
// thing with its reasons. Every state but CLOSED may fall to CLOSED.
var transitions = [states][]State{
	Closed:      {SynSent, SynReceived}, // Connect, Accept
	SynSent:     {Established, SynReceived, Closed},
	SynReceived: {Established, Closed},
	Established: {FinWait1, CloseWait, Closed},
	FinWait1:    {FinWait2, Closing, Closed},
	FinWait2:    {TimeWait, Closed},
	CloseWait:   {LastAck, Closed},
	Closing:     {TimeWait, Closed},
	LastAck:     {Closed},
	TimeWait:    {Closed},
}

// setState is the one door between states: it checks the table, traces, and does what entering
// the new state asks for.
func (c *Conn) setState(now clock.Instant, to State, why string) {
	from := c.state
	allowed := false
	for _, s := range transitions[from] {
		allowed = allowed || s == to
	}
	if !allowed {
		panic("tcp: BUG: " + from.String() + " -> " + to.String() + ": " + why)
	}
	c.state = to
	if c.cfg.trace != nil {
		c.cfg.trace(now, from, to, why)
	}
	switch to {
	case FinWait2:
		if c.closed {
			// RFC 9293 lets a connection that nobody reads wait for ever; we bound it.
			c.lingerAt = now.Add(FinWait2Max)
		}
	case TimeWait:
		c.lingerAt = now.Add(c.cfg.TimeWait)
		c.releaseSend()
		c.releaseReassembly()
	case Closed:
		c.lingerAt = clock.Never
		c.releaseSend()
		c.releaseReassembly()
	}
}
