package bench

import (
	"net"
	"testing"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// atollPair is two hosts on one link without delay, through package host: the path that programs
// take.
type atollPair struct {
	hosts  []*host.Host
	server net.Listener
}

func newAtoll(b *testing.B, super bool) pair {
	mtu := 1500
	if super {
		mtu = vnet.MTUUnlimited
	}
	n := host.Real(prng.New(1))
	b.Cleanup(func() { n.Close() })
	hosts := linkedHosts(n, vnet.Settings{MTU: mtu})
	l, err := hosts[1].Listen("tcp", portOf(1, 80).String())
	if err != nil {
		b.Fatal(err)
	}
	return &atollPair{hosts, l}
}

func (p *atollPair) listener() net.Listener { return p.server }

func (p *atollPair) dial() (net.Conn, error) {
	return p.hosts[0].Dial("tcp", portOf(1, 80).String())
}

func (p *atollPair) segments() uint64 { return framesSent(p.hosts) }
