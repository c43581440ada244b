package tcp

import (
	"github.com/atoll-os/atoll/tcpip/buffer"
)

// Send moves all of q to the end of the send queue. The caller has seen to it that there is
// SendSpace. After CloseWrite, and in a state that does not send, the bytes are dropped.
func (c *Conn) Send(q *buffer.Queue) {
	if c.finQueued || c.state == Closed || c.state == TimeWait {
		q.Release()
		return
	}
	q.MoveTo(&c.queue)
}

// SendSpace returns how many bytes the send buffer has room for, at least 0.
func (c *Conn) SendSpace() int { return max(0, c.cfg.SendBuffer-c.queue.Len()) }

// SendBuffer returns the bytes that the send buffer takes.
func (c *Conn) SendBuffer() int { return c.cfg.SendBuffer }

// SetSendBuffer changes what the send buffer takes; below 1 it is DefaultSendBuffer.
func (c *Conn) SetSendBuffer(bytes int) {
	if bytes < 1 {
		bytes = DefaultSendBuffer
	}
	c.cfg.SendBuffer = bytes
}

// SetCongestion changes the algorithm of congestion avoidance. Window and threshold stay.
func (c *Conn) SetCongestion(kind CongestionControl) {
	c.cfg.Congestion = kind
	c.rec.cc.change(kind)
}

// ReceiveBuffer returns the largest window that is offered, in bytes.
func (c *Conn) ReceiveBuffer() int { return c.cfg.ReceiveBuffer }

// Receive moves all bytes that have arrived in order to the end of q and returns how many. The
// window stays closed for them until Consumed.
func (c *Conn) Receive(q *buffer.Queue) int {
	n := c.ready.Len()
	c.held += n
	c.ready.MoveTo(q)
	return n
}

// Received returns how many bytes Receive would move.
func (c *Conn) Received() int { return c.ready.Len() }

// PeerClosed reports whether the peer's FIN and all bytes before it have arrived: after the bytes
// that Receive still has there are no more.
func (c *Conn) PeerClosed() bool { return c.peerClosed }

// SeqInFlight reports whether seq was sent and is not acknowledged: what an ICMP message quotes
// must be, or it is forged or late (RFC 5927 §4.1).
func (c *Conn) SeqInFlight(seq uint32) bool { return !before(seq, c.una) && before(seq, c.nxt) }
