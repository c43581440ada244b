package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// verbs is what package net and a host have in common.
type verbs interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
	Listen(network, addr string) (net.Listener, error)
	ListenPacket(network, addr string) (net.PacketConn, error)
}

type kernel struct{ *net.Dialer }

func (kernel) Listen(network, addr string) (net.Listener, error) {
	return net.Listen(network, addr)
}

func (kernel) ListenPacket(network, addr string) (net.PacketConn, error) {
	return net.ListenPacket(network, addr)
}

// Each case runs on the kernel's loopback and on a host's, and must give the same types, texts and
// answers to errors.Is. Ports are replaced.
//
//tidy:long a list of cases, each a few lines
func TestErrorsToTheLetter(t *testing.T) {
	ctx := context.Background()
	past := time.Unix(1, 0)
	cases := []struct {
		name string
		do   func(v verbs) error
	}{
		{"dial refused", func(v verbs) error {
			_, err := v.DialContext(ctx, "tcp", "127.0.0.1:1")
			return err
		}},
		{"dial canceled", func(v verbs) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			_, err := v.DialContext(ctx, "tcp", "127.0.0.1:1")
			return err
		}},
		{"dial after the deadline", func(v verbs) error {
			ctx, cancel := context.WithDeadline(ctx, past)
			defer cancel()
			_, err := v.DialContext(ctx, "tcp", "127.0.0.1:1")
			return err
		}},
		{"dial an unknown network", func(v verbs) error {
			_, err := v.DialContext(ctx, "tcp7", "127.0.0.1:1")
			return err
		}},
		{"dial without a port", func(v verbs) error {
			_, err := v.DialContext(ctx, "tcp", "127.0.0.1")
			return err
		}},
		{"dial a port out of range", func(v verbs) error {
			_, err := v.DialContext(ctx, "tcp", "127.0.0.1:70000")
			return err
		}},
		{"listen twice", func(v verbs) error {
			l, err := v.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			_, err = v.Listen("tcp", l.Addr().String())
			return err
		}},
		{"listen at another's address", func(v verbs) error {
			_, err := v.Listen("tcp", "192.0.2.1:80")
			return err
		}},
		{"listen on udp", func(v verbs) error {
			_, err := v.Listen("udp", "127.0.0.1:0")
			return err
		}},
		{"accept after close", func(v verbs) error {
			l, err := v.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			l.Close()
			_, err = l.Accept()
			return err
		}},
		{"accept after the deadline", func(v verbs) error {
			l, err := v.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
			l.(interface{ SetDeadline(time.Time) error }).SetDeadline(past)
			_, err = l.Accept()
			return err
		}},
		{"close a listener twice", func(v verbs) error {
			l, err := v.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			l.Close()
			return l.Close()
		}},
		{"read after close", onConn(func(c, _ net.Conn) error {
			c.Close()
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"write after close", onConn(func(c, _ net.Conn) error {
			c.Close()
			_, err := c.Write(make([]byte, 1))
			return err
		})},
		{"close twice", onConn(func(c, _ net.Conn) error {
			c.Close()
			return c.Close()
		})},
		{"deadline after close", onConn(func(c, _ net.Conn) error {
			c.Close()
			return c.SetDeadline(past)
		})},
		{"read after the deadline", onConn(func(c, _ net.Conn) error {
			c.SetReadDeadline(past)
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"write after the deadline", onConn(func(c, _ net.Conn) error {
			c.SetWriteDeadline(past)
			_, err := c.Write(make([]byte, 1))
			return err
		})},
		{"read after the peer's close", onConn(func(c, peer net.Conn) error {
			peer.Close()
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"write after CloseWrite", onConn(func(c, _ net.Conn) error {
			c.(interface{ CloseWrite() error }).CloseWrite()
			_, err := c.Write(make([]byte, 1))
			return err
		})},
		{"read after CloseRead", onConn(func(c, _ net.Conn) error {
			c.(interface{ CloseRead() error }).CloseRead()
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"read after a reset", onConn(func(c, peer net.Conn) error {
			peer.(interface{ SetLinger(int) error }).SetLinger(0)
			peer.Close()
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"read again after a reset", onConn(func(c, peer net.Conn) error {
			peer.(interface{ SetLinger(int) error }).SetLinger(0)
			peer.Close()
			c.Read(make([]byte, 1))
			_, err := c.Read(make([]byte, 1))
			return err
		})},
		{"write after a reset was read", onConn(func(c, peer net.Conn) error {
			peer.(interface{ SetLinger(int) error }).SetLinger(0)
			peer.Close()
			c.Read(make([]byte, 1))
			_, err := c.Write(make([]byte, 1))
			return err
		})},
		{"udp read after the deadline", onPacketConn(func(c net.PacketConn) error {
			c.SetDeadline(past)
			_, _, err := c.ReadFrom(make([]byte, 1))
			return err
		})},
		{"udp read after close", onPacketConn(func(c net.PacketConn) error {
			c.Close()
			_, _, err := c.ReadFrom(make([]byte, 1))
			return err
		})},
		{"udp write after close", onPacketConn(func(c net.PacketConn) error {
			to := c.LocalAddr()
			c.Close()
			_, err := c.WriteTo(make([]byte, 1), to)
			return err
		})},
		{"udp write to nobody", onPacketConn(func(c net.PacketConn) error {
			_, err := c.(net.Conn).Write(make([]byte, 1))
			return err
		})},
		{"udp write too long", onPacketConn(func(c net.PacketConn) error {
			_, err := c.WriteTo(make([]byte, 70000), c.LocalAddr())
			return err
		})},
		{"udp write to another on a connected one", func(v verbs) error {
			c, err := v.DialContext(ctx, "udp", "127.0.0.1:9")
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.(net.PacketConn).WriteTo(nil, c.RemoteAddr())
			return err
		}},
		{"udp refused", func(v verbs) error {
			c, err := v.DialContext(ctx, "udp", "127.0.0.1:9")
			if err != nil {
				return err
			}
			defer c.Close()
			c.Write([]byte{1})
			_, err = c.Read(make([]byte, 1))
			return err
		}},
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Skipf("the kernel has no loopback for us to compare with: %v", err)
	}
	l.Close()
	n := Real(seed(1))
	h := newPair(t, n, vnet.Settings{MTU: 1500}, tcp.Options{}).a
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			want, got := describe(c.do(kernel{new(net.Dialer)})), describe(c.do(h))
			if got != want {
				t.Errorf("package net: %s\nhost:        %s", want, got)
			}
		})
	}
}

// onConn runs a case on the two ends of a connection.
func onConn(do func(c, peer net.Conn) error) func(verbs) error {
	return func(v verbs) error {
		l, err := v.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		c, err := v.DialContext(context.Background(), "tcp", l.Addr().String())
		if err != nil {
			return err
		}
		defer c.Close()
		peer, err := l.Accept()
		if err != nil {
			return err
		}
		defer peer.Close()
		return do(c, peer)
	}
}

func onPacketConn(do func(net.PacketConn) error) func(verbs) error {
	return func(v verbs) error {
		c, err := v.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer c.Close()
		return do(c)
	}
}

var portPattern = regexp.MustCompile(`127\.0\.0\.1:\d{2,}`)

// describe says all that a program can see of an error.
func describe(err error) string {
	if err == nil {
		return "no error"
	}
	s := fmt.Sprintf("%T %s", err, portPattern.ReplaceAllString(err.Error(), "127.0.0.1:PORT"))
	var op *net.OpError
	if errors.As(err, &op) {
		s += fmt.Sprintf(" op=%s net=%s source=%T addr=%T", op.Op, op.Net, op.Source, op.Addr)
	}
	var call *os.SyscallError
	if errors.As(err, &call) {
		s += " call=" + call.Syscall
	}
	var e net.Error
	if errors.As(err, &e) {
		s += fmt.Sprintf(" timeout=%t", e.Timeout())
	}
	for _, target := range []error{
		io.EOF, net.ErrClosed, os.ErrDeadlineExceeded, context.Canceled, context.DeadlineExceeded,
		syscall.ECONNREFUSED, syscall.ECONNRESET, syscall.EPIPE, syscall.EADDRINUSE,
		syscall.EADDRNOTAVAIL, syscall.EMSGSIZE, syscall.EDESTADDRREQ,
	} {
		if errors.Is(err, target) {
			s += fmt.Sprintf(" is(%v)", target)
		}
	}
	return s
}
