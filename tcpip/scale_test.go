package tcpip

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// IdleConnectionBytesMax is what an idle connection may cost in two stacks together. The limit for
// all, what host keeps of it included, is 6 KiB.
const IdleConnectionBytesMax = 5 << 10

// TestIdleConnections opens 10,000 connections, sends something over each, lets them rest, and
// counts.
func TestIdleConnections(t *testing.T) {
	const count = 10_000
	p := newPair(1500, vnet.Settings{Delay: time.Millisecond})
	var listeners []*TCPListener
	for port := range uint16(4) {
		l, err := p.b.ListenTCP(netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), 80+port), 0)
		if err != nil {
			t.Fatal(err)
		}
		listeners = append(listeners, l)
	}
	p.run(p.now)
	before := heap()
	var all []*TCPSocket
	var q buffer.Queue
	acceptAll := func() {
		for _, l := range listeners {
			for d := l.Accept(); d != nil; d = l.Accept() {
				d.Consumed(d.Receive(&q))
				q.Release()
				p.b.Touch(d)
				all = append(all, d)
			}
		}
	}
	for i := range count {
		to := listeners[i%4].LocalAddr()
		c, err := p.a.DialTCP(p.now, netip.AddrPort{}, to, tcp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		q.Append([]byte("hello"))
		c.Send(&q)
		all = append(all, c)
		if i%100 == 99 {
			p.run(p.now.Add(10 * time.Millisecond))
			acceptAll()
		}
	}
	p.run(p.now.Add(time.Second))
	acceptAll()
	p.run(p.now.Add(30 * time.Second))
	if len(all) != 2*count || p.b.tcp.count != count {
		t.Fatalf("%d sockets, %d at the server, want %d connections", len(all), p.b.tcp.count, count)
	}
	for _, c := range all {
		if c.State() != tcp.Established {
			t.Fatalf("%v, want ESTABLISHED", c)
		}
	}
	each := int(heap()-before) / count
	t.Logf("an idle connection takes %d bytes, both ends together", each)
	if each > IdleConnectionBytesMax {
		t.Errorf("an idle connection takes %d bytes, want at most %d", each, IdleConnectionBytesMax)
	}
	runtime.KeepAlive(all)
}

// randomLoss is a fault that drops this part of the frames.
type randomLoss float64

func (l randomLoss) String() string { return fmt.Sprintf("random loss %g", float64(l)) }

func (l randomLoss) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if m.Rand.Chance(float64(l)) {
		v.Drop = vnet.Lost
	}
	return v
}

// lossyRun moves bytes both ways over several connections on a bad link, and returns a digest of
// every frame with its instant. Sockets are opened in the given order.
func lossyRun(t *testing.T, seed uint64, order []int) string {
	p := newPair(1500, vnet.Settings{Delay: 5 * time.Millisecond, Rate: 50_000_000, QueueFrames: 50})
	sum := sha256.New()
	for _, d := range p.link.Directions {
		d.Add(randomLoss(0.02))
	}
	rand := prng.New(seed)
	var conns []*TCPSocket
	for _, k := range order {
		addr := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.2"), uint16(80+k))
		if _, err := p.b.ListenTCP(addr, 0); err != nil {
			t.Fatal(err)
		}
		c, err := p.a.DialTCP(0, netip.AddrPort{}, addr, tcp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, c)
	}
	slices.SortFunc(conns, func(a, b *TCPSocket) int { return a.remote.Compare(b.remote) })
	p.net.Observe(func(v vnet.Event) {
		fmt.Fprintf(sum, "%v %s %v %v\n", v.At, v.Port.Name(), v.Kind, v.Reason)
		sum.Write(v.Frame.Data)
	})
	var q buffer.Queue
	for range 20 {
		for _, c := range conns {
			q.Append(make([]byte, min(rand.IntN(50_000), c.SendSpace())))
			c.Send(&q)
		}
		for _, i := range shuffled(len(conns)) { // the order of touches does not count
			p.a.Touch(conns[i])
		}
		p.run(p.now.Add(50 * time.Millisecond))
		p.b.Changed(func(s Socket) {
			switch s := s.(type) {
			case *TCPListener:
				s.Accept()
			case *TCPSocket:
				s.Consumed(s.Receive(&q))
				q.Release()
				p.b.Touch(s)
			}
		})
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// shuffled returns the numbers below n in an order that differs each time.
func shuffled(n int) []int {
	list := make([]int, n)
	for i := range list {
		k := permutations.IntN(i + 1)
		list[i], list[k] = list[k], i
	}
	return list
}

// permutations is shared by all runs, so that no two touch in the same order.
var permutations = prng.New(99)

// TestDeterminism runs the same thing again: the same frames, whatever the order in which sockets
// were opened and touched within an instant.
func TestDeterminism(t *testing.T) {
	orders := [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {0, 1, 2, 3, 4}}
	want := lossyRun(t, 1, orders[0])
	for _, order := range orders {
		if got := lossyRun(t, 1, order); got != want {
			t.Errorf("with sockets opened in the order %v: digest %s, want %s", order, got, want)
		}
	}
	if lossyRun(t, 2, orders[0]) == want {
		t.Error("other bytes gave the same digest")
	}
}

// TestChangedOrder says that sockets are handed over once each, by id.
func TestChangedOrder(t *testing.T) {
	s := New(Config{})
	for port := range uint16(50) {
		l, err := s.ListenTCP(netip.AddrPortFrom(netip.IPv4Unspecified(), 80+port), 0)
		if err != nil {
			t.Fatal(err)
		}
		s.change(&l.endpoint)
		s.change(&l.endpoint)
	}
	var ids []uint64
	s.Changed(func(x Socket) {
		ids = append(ids, x.ID())
		s.change(&x.(*TCPListener).endpoint) // for the next call
	})
	if len(ids) != 50 || !slices.IsSorted(ids) {
		t.Errorf("%d sockets, sorted %v, want 50 by id", len(ids), slices.IsSorted(ids))
	}
	again := 0
	s.Changed(func(Socket) { again++ })
	if again != 50 {
		t.Errorf("a change during Changed was handed over for %d of 50 sockets by the next", again)
	}
	s.Changed(func(Socket) { t.Error("a socket without a change was handed over") })
}
