package tcp

import (
	"bytes"
	"testing"

	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// lender is whose memory a payload lies in.
type lender struct{ back int }

func (l *lender) Release() { l.back++ }

// A long payload in order is kept where it lies until the program has read it; whatever is short,
// out of order, or read by nobody is not.
func TestInputLent(t *testing.T) {
	const long = AdoptBytesMin
	p := &pair{newTestNet()}
	p.ends[0].cfg.ReceiveBuffer = 8 * long
	p.establish()
	p.poll(0)
	c := p.ends[0].conn
	payload := make([]byte, long)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	l := &lender{}
	lend := func(seq uint32, b []byte) bool {
		h := wire.TCP{Seq: seq, Ack: 101, Flags: wire.ACK, Window: 1000}
		return c.InputLent(p.now, &h, b, l)
	}
	for _, x := range []struct {
		what string
		seq  uint32
		b    []byte
		kept bool
	}{
		{"short", 301, payload[:long-1], false},
		{"out of order", 301 + 3*long, payload, false},
		{"in order, but for a byte that is old", 301 + long - 2, payload, false},
		{"in order", 301 + 2*long - 2, payload, true},
	} {
		if kept := lend(x.seq, x.b); kept != x.kept {
			t.Errorf("%s: kept is %t, want %t", x.what, kept, x.kept)
		}
	}
	var q buffer.Queue
	if n := c.Receive(&q); n != 3*long-2 {
		t.Fatalf("%d bytes were received, want %d", n, 3*long-2)
	}
	q.Discard(2*long - 2)
	got := make([]byte, long)
	if q.CopyAt(got, 0); !bytes.Equal(got, payload) || l.back != 0 {
		t.Errorf("what was kept is not what came, or came back too soon: %d times", l.back)
	}
	q.Discard(long)
	if l.back != 1 {
		t.Errorf("when it was read, it came back %d times", l.back)
	}
	c.CloseRead(p.now)
	if lend(299+3*long, payload) || l.back != 1 {
		t.Error("after CloseRead a payload is kept")
	}
}
