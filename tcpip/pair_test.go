package tcpip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// pair is two stacks, 10.0.0.1 and 10.0.0.2, at the ends of one link.
type pair struct {
	net  *vnet.Network
	now  clock.Instant
	a, b *Stack
	at   [2]*vnet.Attachment
	link *vnet.Link
}

func newPair(mtu int, set vnet.Settings) *pair {
	p := &pair{net: vnet.New(prng.New(1)), a: New(Config{Name: "a"}), b: New(Config{Name: "b"})}
	var ports [2]*vnet.Port
	for k, s := range [2]*Stack{p.a, p.b} {
		p.at[k] = p.net.Attach(s.Name(), s)
		ports[k] = p.at[k].AddPort("eth0")
		s.AddInterface(0, Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, byte(k + 1)},
			MTU: mtu, Offload: true, NoDAD: true,
			Addrs: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(k + 1)}), 24)}})
	}
	p.link = p.net.Connect(ports[0], ports[1], set)
	return p
}

func (p *pair) touch() {
	p.at[0].Touch()
	p.at[1].Touch()
}

// run lets time pass until nothing is due before an instant.
func (p *pair) run(until clock.Instant) {
	p.touch()
	for {
		next := p.net.Run(p.now)
		if next > until {
			p.now = max(p.now, until)
			return
		}
		p.now = next
	}
}

func TestPair(t *testing.T) {
	p := newPair(1500, vnet.Settings{Delay: 10 * time.Microsecond})
	l, err := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := p.a.DialTCP(p.now, netip.AddrPort{}, netip.MustParseAddrPort("10.0.0.2:80"),
		tcp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p.run(p.now.Add(time.Millisecond))
	if c.State() != tcp.Established {
		t.Fatalf("after a handshake the client is %v", c.State())
	}
	d := l.Accept()
	var q buffer.Queue
	q.Append([]byte("hello"))
	c.Send(&q)
	c.CloseWrite(p.now)
	p.a.Touch(c)
	p.run(p.now.Add(time.Millisecond))
	d.Receive(&q)
	if got := string(q.Front()); got != "hello" || !d.PeerClosed() {
		t.Fatalf("received %q, closed %v", got, d.PeerClosed())
	}
}
