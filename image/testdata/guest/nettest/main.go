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
