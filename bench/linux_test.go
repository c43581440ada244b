package bench

import (
	"net"
	"testing"
)

// linuxPair is the kernel's loopback: segments of up to 64 KiB, no checksums.
type linuxPair struct{ l net.Listener }

func newLinux(b *testing.B, _ bool) pair {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return linuxPair{l}
}

func (p linuxPair) listener() net.Listener { return p.l }

func (p linuxPair) dial() (net.Conn, error) { return net.Dial("tcp", p.l.Addr().String()) }
