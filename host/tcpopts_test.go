package host

import (
	"errors"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// A send buffer made smaller bounds the very next Write: at the same instant the engine has not
// seen the new size yet.
func TestSetWriteBufferAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, Virtual(seed(1)), vnet.Settings{Delay: time.Second, MTU: 1500},
			tcp.Options{SendBuffer: 16 << 20})
		c, s := p.connect(t)
		defer s.Close()
		defer c.Close()
		if err := c.(*TCPConn).SetWriteBuffer(10000); err != nil {
			t.Fatal(err)
		}
		c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)) // no ACK comes before
		n, err := c.Write(make([]byte, 1<<20))
		if n != 10000 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write took %d bytes, %v, want the 10000 of the buffer", n, err)
		}
	})
}
