package bench

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// The network of BenchmarkFrames: hosts in pairs on one switch, a TCP flow from each of one half to
// its partner in the other.
const (
	framesHosts  = 16
	framesRate   = 100_000_000 // bits a second of each link
	framesDelay  = 5 * time.Millisecond
	framesBuffer = 256 << 10 // of a connection's send buffer, and of each Write
)

// BenchmarkFrames measures how many frames a second of wall time a lab simulates on one core: TCP
// in virtual time, through package host and links with a delay and a rate. A frame counts once for
// each link that it crosses, from host to switch and from switch to host.
func BenchmarkFrames(b *testing.B) {
	b.Run("atoll", func(b *testing.B) {
		var r framesResult
		b.ReportAllocs()
		inBubble(b, func(t *testing.T) { r = simulateFrames(t, uint64(b.N)) })
		wall := b.Elapsed().Seconds()
		b.ReportMetric(float64(r.frames)/wall, "frames/s")
		b.ReportMetric(r.virtual.Seconds()/wall, "virtual-s/s")
		b.ReportMetric(float64(r.mallocs)/float64(r.segments), "allocs/segment")
	})
}

// inBubble calls f once in a testing/synctest bubble, which needs a test, on one core.
func inBubble(b *testing.B, f func(t *testing.T)) {
	procs := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(procs)
	ran := false
	all := func(string, string) (bool, error) { return true, nil }
	ok := testing.RunTests(all, []testing.InternalTest{{Name: b.Name(), F: func(t *testing.T) {
		if !ran { // -count and -cpu are the benchmark's
			ran = true
			runtime.GOMAXPROCS(1)
			synctest.Test(t, f)
		}
	}}})
	if !ok {
		b.FailNow()
	}
}

type framesResult struct {
	frames   uint64 // links crossed
	segments uint64 // sent by hosts
	mallocs  uint64
	virtual  time.Duration
}

// simulateFrames runs the network until so many frames have crossed its links.
func simulateFrames(t *testing.T, frames uint64) (r framesResult) {
	n := host.Virtual(prng.New(1))
	defer n.Close()
	hosts := starOfHosts(n)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := 0; i < len(hosts); i += 2 {
		startFlow(t, hosts[i], hosts[i+1], net.JoinHostPort(address(i+1).String(), "80"))
	}
	for r.frames < frames {
		time.Sleep(10 * time.Millisecond)
		n.Do(func(_ clock.Instant, v *vnet.Network) { r.frames = v.Frames() })
	}
	runtime.ReadMemStats(&after)
	r.mallocs = after.Mallocs - before.Mallocs
	r.virtual = time.Duration(n.Now())
	for _, h := range hosts {
		h.Inspect(func(s *tcpip.Stack) { r.segments += s.Stats().FramesSent })
	}
	return r
}

// starOfHosts makes hosts with the addresses 10.0.0.1 and on, each on a link to one switch.
func starOfHosts(n *host.Network) []*host.Host {
	hosts := make([]*host.Host, framesHosts)
	ports := make([]*vnet.Port, framesHosts)
	for i := range hosts {
		name := fmt.Sprint("h", i+1)
		hosts[i] = host.New(n, host.Config{Name: name, Stack: tcpip.Config{
			Secret: [32]byte{byte(i)}, TCP: tcp.Options{SendBuffer: framesBuffer},
		}})
		ports[i] = hosts[i].AddInterface(tcpip.Interface{
			Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, byte(i + 1)}, MTU: 1500, Offload: true,
			NoDAD: true, Addrs: []netip.Prefix{netip.PrefixFrom(address(i), 24)},
		})
	}
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		s := vnet.NewSwitch(v, "sw")
		for i, p := range ports {
			v.Connect(p, s.AddPort(fmt.Sprint("port", i)), vnet.Settings{
				Delay: framesDelay, Rate: framesRate, QueueBytes: 256 << 10, MTU: 1500,
			})
		}
	})
	return hosts
}

// address is that of a host by its number.
func address(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}) }

// startFlow connects one host to another and has it send until the network is closed.
func startFlow(t *testing.T, from, to *host.Host, at string) {
	l, err := to.Listen("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sender, err := from.Dial("tcp4", at)
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, receiver)
	go func() {
		var err error
		for data := make([]byte, framesBuffer); err == nil; {
			_, err = sender.Write(data)
		}
	}()
}
