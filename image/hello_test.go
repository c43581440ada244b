package image

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	ether "github.com/atoll-os/atoll/wire"
)

const helloPackage = "github.com/atoll-os/atoll/examples/hello"

// helloMemory is the memory of the machine that says hello, in bytes.
const helloMemory = 32 << 20

var helloMAC = ether.MAC{0x52, 0x54, 0, 0, 0, 7}

// service is a machine that says hello, and a router of ours at the other end of its wire.
type service struct {
	host    *host.Host // 10.0.2.2, fd00:2::1; it advertises fd00:2::/64
	machine *machine.Machine
	console lockedBuffer
	client  *http.Client
	says    string // the greeting; empty: Hello
}

// lockedBuffer is a console that can be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// hypervisor finds QEMU, or skips the test.
func hypervisor(t testing.TB) *machine.Hypervisor {
	t.Helper()
	h, err := machine.Find(t.Context(), machine.QEMU)
	switch {
	case err == nil:
		return h
	case errors.Is(err, machine.ErrNoHypervisor) && os.Getenv("ATOLL_GUESTS") != "required":
		t.Skipf("%v, by the package %s", err, machine.QEMUPackage)
	}
	t.Fatal(err)
	return nil
}

// startService boots a machine whose card is connected with a host.
func startService(t testing.TB, h *machine.Hypervisor, file string, env ...string) *service {
	t.Helper()
	return startServiceOver(t, h, file, func(f device.Frames) device.Frames { return f }, env...)
}

// startServiceOver boots a machine whose card is connected with a host by what over makes of the
// wire.
func startServiceOver(t testing.TB, h *machine.Hypervisor, file string,
	over func(device.Frames) device.Frames, env ...string) *service {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	s := &service{}
	s.machine, err = h.Start(t.Context(), &machine.Config{Image: file, Memory: helloMemory,
		Seed: bytes.Repeat([]byte{7}, machine.SeedBytes), Env: env,
		Nets: []machine.Net{{MAC: helloMAC[:], Socket: path}}}, &s.console)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	n := host.Real(prng.New(1))
	s.host = host.New(n, host.Config{Name: "router",
		Stack: tcpip.Config{Forwarding: true}}) // else it hears nobody who asks for routers
	port := s.host.AddInterface(tcpip.Interface{Name: "eth0", MAC: ether.MAC{2, 0, 0, 0, 0, 2},
		MTU: 1500, NoDAD: true, Advertise: true, Addrs: []netip.Prefix{
			netip.MustParsePrefix("10.0.2.2/24"), netip.MustParsePrefix("fd00:2::1/64")}})
	d := device.Attach(n, "wire", over(device.NewStream(conn)))
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: 1500})
	})
	t.Cleanup(func() { d.Close(); n.Close() })
	s.client = &http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{DialContext: s.host.DialContext, MaxIdleConnsPerHost: 8}}
	return s
}

// kill ends the machine and waits for its end.
func (s *service) kill() {
	s.machine.Kill()
	s.machine.Wait()
}

// get asks for a page and reports what is wrong with the answer.
func (s *service) get(addr, name string) error {
	resp, err := s.client.Get("http://" + addr + "/" + name)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	want := cmp.Or(s.says, "Hello") + ", " + name + "!\n"
	if err == nil && (resp.StatusCode != http.StatusOK || string(body) != want) {
		err = fmt.Errorf("status %s, body %q", resp.Status, body)
	}
	return err
}

// first asks until there is an answer, and returns when it came after the start of the hypervisor.
func (s *service) first(t testing.TB, addr string) time.Duration {
	t.Helper()
	s.waitFor(t, addr)
	if err := s.get(addr, "first"); err != nil {
		t.Fatalf("the first request: %v\n%s", err, s.console.String())
	}
	return time.Since(s.machine.Started())
}

// load sends requests over eight connections that stay, and returns how many a second.
func (s *service) load(addr string, requests int) (perSecond float64, err error) {
	const clients = 8
	begun, failed := time.Now(), make(chan error, clients)
	for c := range clients {
		go func() {
			var err error
			for i := c; i < requests && err == nil; i += clients {
				err = s.get(addr, fmt.Sprint("visitor-", i))
			}
			failed <- err
		}()
	}
	for range clients {
		err = errors.Join(err, <-failed)
	}
	return float64(requests) / time.Since(begun).Seconds(), err
}

// TestHello: the service as a machine of 32 MiB, whose network is Atoll's own at both ends. It has
// an IPv4 address as it was told, and an IPv6 address by router advertisement.
func TestHello(t *testing.T) {
	s := startService(t, hypervisor(t), imageFile(t, helloPackage), "ATOLL_IP=10.0.2.15/24,10.0.2.2")
	t.Logf("first answer after %v", s.first(t, "10.0.2.15:80"))
	rtt, err := s.host.Ping(t.Context(), netip.MustParseAddr("10.0.2.15"))
	if err != nil {
		t.Errorf("ping: %v", err)
	}
	perSecond, err := s.load("10.0.2.15:80", 1000)
	if err != nil {
		t.Errorf("1000 requests: %v\n%s", err, s.console.String())
	}
	t.Logf("ping %v, %.0f requests/s", rtt, perSecond)
	six := ether.StatelessAddress(netip.MustParseAddr("fd00:2::"), helloMAC)
	t.Logf("by IPv6 after %v", s.first(t, netip.AddrPortFrom(six, 80).String()))
	select {
	case <-s.machine.Done():
		t.Errorf("the machine has ended:\n%s", s.console.String())
	case <-s.machine.Ready():
	case <-time.After(guestTimeout):
		t.Error("the service has not said that it is ready")
	}
}

// TestHelloBorrows: without an address the machine asks for one, here of the DHCP server that is in
// QEMU. Its settings come by the environment, under the name of its package.
func TestHelloBorrows(t *testing.T) {
	h, file := hypervisor(t), imageFile(t, helloPackage)
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	s := &service{client: &http.Client{Timeout: time.Second}, says: "Ahoy"}
	s.machine, err = h.Start(t.Context(), &machine.Config{Image: file, Memory: helloMemory,
		Seed: bytes.Repeat([]byte{7}, machine.SeedBytes), Env: []string{"HELLO_GREETING=Ahoy"},
		Nets: []machine.Net{{MAC: helloMAC[:], User: true,
			Forward: []machine.Forward{{At: "127.0.0.1", Host: uint16(port), Guest: 80}}}}}, &s.console)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if err = s.get(fmt.Sprintf("127.0.0.1:%d", port), "borrower"); err == nil {
			break
		}
		if time.Since(begun) > guestTimeout {
			t.Fatalf("no answer: %v\n%s", err, s.console.String())
		}
	}
	if text := s.console.String(); !bytes.Contains([]byte(text), []byte("address=10.0.2.15/24")) {
		t.Errorf("the console has no address:\n%s", text)
	}
}

// BenchmarkHello measures the start of the machine, and requests to it.
func BenchmarkHello(b *testing.B) {
	h, file := hypervisor(b), imageFile(b, helloPackage)
	b.Run("start", func(b *testing.B) {
		var starts []time.Duration
		for range b.N {
			s := startService(b, h, file, "ATOLL_IP=10.0.2.15/24,10.0.2.2")
			starts = append(starts, s.first(b, "10.0.2.15:80"))
			s.kill()
		}
		slices.Sort(starts)
		b.ReportMetric(float64(starts[len(starts)/2].Milliseconds()), "ms-to-first-200")
		b.ReportMetric(0, "ns/op")
	})
	// With -benchtime 1000000x it shows that 32 MiB are enough for as long as one likes.
	b.Run("requests", func(b *testing.B) {
		s := startService(b, h, file, "ATOLL_IP=10.0.2.15/24,10.0.2.2")
		s.first(b, "10.0.2.15:80")
		b.ResetTimer()
		perSecond, err := s.load("10.0.2.15:80", b.N)
		if err != nil {
			b.Fatalf("%v\n%s", err, s.console.String())
		}
		b.ReportMetric(perSecond, "requests/s")
	})
}

// iperfRun measures TCP to the machine, or from it, for a time.
func (s *service) iperfRun(t testing.TB, reverse bool, d time.Duration) (mbits float64) {
	t.Helper()
	c := iperf.Client{Dialer: s.host, Addr: "10.0.2.15:5201", Cookie: prng.New(3)}
	r, err := c.Run(t.Context(), iperf.Test{Duration: d, Reverse: reverse, Interval: -1})
	if err != nil {
		t.Fatalf("iperf, reverse %v: %v\n%s", reverse, err, s.console.String())
	}
	return r.End.SumReceived.BitsPerSecond / 1e6
}

// waitFor waits until the machine listens.
func (s *service) waitFor(t testing.TB, addr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), guestTimeout)
	defer cancel()
	for {
		attempt, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		conn, err := s.host.DialContext(attempt, "tcp", addr)
		cancel()
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-s.machine.Done():
			exit, _ := s.machine.Wait()
			t.Fatalf("the machine has ended: %s\n%s", exit, s.console.String())
		case <-ctx.Done():
			t.Fatalf("the machine does not answer: %v\n%s", err, s.console.String())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// TestGuestIperf: what iperf3 speaks passes between a machine and a host, both ways.
func TestGuestIperf(t *testing.T) {
	s := startService(t, hypervisor(t), imageFile(t, "../examples/iperf"), "ATOLL_IP=10.0.2.15/24")
	s.waitFor(t, "10.0.2.15:5201")
	for _, reverse := range []bool{false, true} {
		t.Logf("reverse %v: %.0f Mbit/s", reverse, s.iperfRun(t, reverse, time.Second))
	}
}
