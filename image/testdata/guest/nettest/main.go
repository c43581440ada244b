// Command nettest is a guest that holds connections against x/net/nettest: those of Machine.Net and
// those of package net, both over the machine's own outside address, and those of package net
// within the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"net"
	"testing"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/nettest"

	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(run) }

// network is what makes connections.
type network interface {
	Listen(network, address string) (net.Listener, error)
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// sockets are package net as a network.
type sockets struct{ net.Dialer }

func (sockets) Listen(network, address string) (net.Listener, error) {
	return net.Listen(network, address)
}

func run(_ context.Context, m *unikernel.Machine) error {
	test := func(name string, n network, address string) testing.InternalTest {
		return testing.InternalTest{Name: name, F: func(t *testing.T) {
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				return pair(n, address)
			})
		}}
	}
	testing.Init()
	if err := flag.Set("test.v", "true"); err != nil {
		return err
	}
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{
		test("Machine", m.Net, "10.0.2.15:0"),
		test("Outside", &sockets{}, "10.0.2.15:0"),
		test("Inside", &sockets{}, "127.0.0.1:0"),
		{Name: "Messages", F: messages},
	}, nil, nil)
	return errors.New("testing.Main has returned")
}

// pair makes a connection with both its ends.
func pair(n network, address string) (c1, c2 net.Conn, stop func(), err error) {
	l, err := n.Listen("tcp", address)
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.Close()
	accepted := make(chan error, 1)
	go func() {
		var err error
		c2, err = l.Accept()
		accepted <- err
	}()
	if c1, err = n.DialContext(context.Background(), "tcp", l.Addr().String()); err != nil {
		return nil, nil, nil, err
	}
	if err = <-accepted; err != nil {
		return nil, nil, nil, err
	}
	return c1, c2, func() { c1.Close(); c2.Close() }, nil
}

// messages sends several datagrams in a call and receives them so, as QUIC does.
func messages(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "10.0.2.15:0"} {
		c, err := net.ListenPacket("udp4", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		p := ipv4.NewPacketConn(c)
		var out, in [3]ipv4.Message
		for i := range out {
			out[i] = ipv4.Message{Buffers: [][]byte{{'a' + byte(i)}}, Addr: c.LocalAddr()}
			in[i] = ipv4.Message{Buffers: [][]byte{make([]byte, 10)}}
		}
		for sent := 0; sent < len(out); {
			n, err := p.WriteBatch(out[sent:], 0)
			if err != nil {
				t.Fatal(err)
			}
			sent += n
		}
		for got := 0; got < len(in); {
			n, err := p.ReadBatch(in[got:], 0)
			if err != nil {
				t.Fatal(err)
			}
			got += n
		}
		for i, m := range in {
			if m.N != 1 || m.Buffers[0][0] != 'a'+byte(i) || m.Addr.String() != c.LocalAddr().String() {
				t.Errorf("message %d from %v: % x", i, m.Addr, m.Buffers[0][:m.N])
			}
		}
	}
}
