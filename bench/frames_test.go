package bench

import (
	"fmt"
	"io"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
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
// in virtual time, through package host and links with a delay and a rate, with a program at either
// end of each flow. A frame counts once for each link that it crosses, from host to switch and from
// switch to host. frames/cpu-s leaves out what other processes take of the core.
func BenchmarkFrames(b *testing.B) {
	b.Run("atoll", func(b *testing.B) {
		var r framesResult
		b.ReportAllocs()
		begin := cpuTime(b)
		inBubble(b, func(t *testing.T) { r = simulateFrames(t, uint64(b.N)) })
		cpu, wall := cpuTime(b)-begin, b.Elapsed()
		b.ReportMetric(float64(r.frames)/wall.Seconds(), "frames/s")
		b.ReportMetric(float64(r.frames)/cpu.Seconds(), "frames/cpu-s")
		b.ReportMetric(r.virtual.Seconds()/wall.Seconds(), "virtual-s/s")
		b.ReportMetric(float64(r.mallocs)/float64(r.segments), "allocs/segment")
	})
}

// cpuTime is what the process has had of the processors so far.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
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
		startFlow(t, hosts[i], hosts[i+1], portOf(i+1, 80).String())
	}
	for r.frames < frames {
		time.Sleep(10 * time.Millisecond)
		n.Do(func(_ clock.Instant, v *vnet.Network) { r.frames = v.Frames() })
	}
	runtime.ReadMemStats(&after)
	r.mallocs = after.Mallocs - before.Mallocs
	r.virtual = time.Duration(n.Now())
	r.segments = framesSent(hosts)
	return r
}

// starOfHosts adds hosts, each on a link to one switch.
func starOfHosts(n *host.Network) []*host.Host {
	hosts, ports := addHosts(n, framesHosts, 1500, tcp.Options{SendBuffer: framesBuffer})
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
