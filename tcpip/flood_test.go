package tcpip

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// victim is one stack without a network: frames go in by hand, what comes out is counted.
type victim struct {
	*Stack
	now    clock.Instant
	out    []*vnet.Frame
	sent   int
	answer func(f *vnet.Frame) // may be nil
}

func newVictim(cfg Config) *victim {
	v := &victim{Stack: New(cfg)}
	v.AddInterface(0, Interface{Name: "eth0", MAC: wire.MAC{2, 0, 0, 0, 0, 1}, MTU: 1500,
		Offload: true, NoDAD: true, Addrs: []netip.Prefix{
			netip.MustParsePrefix("10.0.0.1/8"), netip.MustParsePrefix("2001:db8::1/64")}})
	return v
}

func (v *victim) input(b []byte) {
	f := vnet.NewFrame(len(b))
	f.Data = append(f.Data, b...)
	f.Unsummed = true
	v.Input(v.now, 0, f)
}

func (v *victim) poll() {
	out, _ := v.Poll(v.now, v.out[:0])
	for i, f := range out {
		v.sent++
		if v.answer != nil {
			v.answer(f)
		}
		f.Release()
		out[i] = nil
	}
	v.out = out
	v.Changed(func(Socket) {})
}

// packet4 is a frame to the victim with an IPv4 packet from src.
func packet4(src uint32, h wire.IPv4, payload []byte) []byte {
	eth := wire.Ethernet{Dst: wire.MAC{2, 0, 0, 0, 0, 1}, Src: wire.MAC{2, 0, 0, 0, 0, 2},
		Type: wire.TypeIPv4}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], src)
	h.Src, h.Dst = netip.AddrFrom4(b), netip.AddrFrom4([4]byte{10, 0, 0, 1})
	h.TTL = 64
	return append(h.Append(eth.Append(nil), len(payload)), payload...)
}

// synFrame is a SYN for port 80.
func synFrame(src uint32, port uint16, seq uint32) []byte {
	h := wire.TCP{SrcPort: port, DstPort: 80, Seq: seq, Flags: wire.SYN, Window: 1000, MSS: 1460,
		SACKPermitted: true, HasWindowScale: true, WindowScale: 7, HasTimestamps: true, TSVal: 1}
	return packet4(src, wire.IPv4{Protocol: wire.ProtoTCP}, h.Append(nil))
}

// heap returns the bytes that live.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestSYNFlood sends SYNs from everywhere: memory is bounded by the SYN queue, and a peer that
// behaves still gets its connection by a cookie, with its options.
func TestSYNFlood(t *testing.T) {
	v := newVictim(Config{})
	l, err := v.ListenTCP(netip.MustParseAddrPort("0.0.0.0:80"), 16)
	if err != nil {
		t.Fatal(err)
	}
	rand := prng.New(1)
	flood := func(n int) {
		for range n {
			v.input(synFrame(0x0a010000|rand.Uint32()&0xffff, uint16(rand.Uint32()), rand.Uint32()))
			v.now = v.now.Add(10 * time.Microsecond)
			v.poll()
		}
	}
	flood(6000)
	before := heap()
	flood(10_000)
	if grown := int64(heap()) - int64(before); grown > 256<<10 {
		t.Errorf("10,000 more SYNs took %d bytes more, want no more memory once the queue is full", grown)
	}
	if v.tcp.count != SynQueueMax || l.halfOpen != SynQueueMax {
		t.Errorf("%d sockets, %d half-open, want SynQueueMax %d", v.tcp.count, l.halfOpen, SynQueueMax)
	}
	stats := v.Stats()
	if stats.CookiesSent == 0 || stats.Dropped[DropSYNQueueFull] != stats.CookiesSent {
		t.Errorf("cookies sent %d, drops for a full queue %d, want as many, and some",
			stats.CookiesSent, stats.Dropped[DropSYNQueueFull])
	}
	checkCookieClient(t, v, l)
	// The half-open ones time out.
	for range 200 {
		v.now = v.now.Add(time.Second)
		v.poll()
	}
	if v.tcp.count != 0 || l.halfOpen != 0 {
		t.Errorf("after the flood %d sockets, %d half-open, want none", v.tcp.count, l.halfOpen)
	}
}

// checkCookieClient connects to a listener whose SYN queue is full.
func checkCookieClient(t *testing.T, v *victim, l *TCPListener) {
	var synAck wire.TCP
	v.answer = func(f *vnet.Frame) {
		h, data, err := wire.ParseIPv4(f.Data[ethernetHeader:])
		if err != nil || h.Dst != netip.MustParseAddr("10.0.0.2") || h.Protocol != wire.ProtoTCP {
			return
		}
		if _, err := wire.ParseTCP(data, &synAck); err != nil {
			t.Fatal(err)
		}
	}
	v.learn(v.now, v.ifaces[0], netip.MustParseAddr("10.0.0.2"), wire.MAC{2, 0, 0, 0, 0, 2}, 7)
	v.input(synFrame(0x0a000002, 4000, 1000))
	v.poll()
	if synAck.Flags != wire.SYN|wire.ACK || synAck.Ack != 1001 {
		t.Fatalf("a SYN in the flood got %v, want a SYN-ACK", &synAck)
	}
	v.now = v.now.Add(100 * time.Millisecond)
	ack := wire.TCP{SrcPort: 4000, DstPort: 80, Seq: 1001, Ack: synAck.Seq + 1, Flags: wire.ACK,
		Window: 100, HasTimestamps: true, TSVal: 101, TSEcr: synAck.TSVal}
	send := func(h wire.TCP, payload string) {
		v.input(packet4(0x0a000002, wire.IPv4{Protocol: wire.ProtoTCP},
			append(h.Append(nil), payload...)))
		v.poll()
	}
	forged := ack
	forged.Ack++
	send(forged, "")
	if l.Accept() != nil {
		t.Fatal("an ACK of a number that is no cookie of ours was believed")
	}
	send(ack, "hello")
	s := l.Accept()
	if s == nil {
		t.Fatal("the ACK of a cookie made no connection")
	}
	var q buffer.Queue
	s.Receive(&q)
	if got := string(q.Front()); got != "hello" || s.State() != tcp.Established {
		t.Errorf("received %q in %v, want hello in ESTABLISHED", got, s.State())
	}
	// The window of the ACK counts in units of 2^7: the scale came through the cookie.
	if got := s.Info().SendWindow; got != 100<<7 {
		t.Errorf("the peer's window is %d, want %d: the scale is in the cookie", got, 100<<7)
	}
	// Too old a cookie is nothing any more.
	s.Abort(v.now)
	v.Touch(s)
	v.poll()
	v.now = v.now.Add(2 * cookieLifetime)
	send(ack, "hello")
	if l.Accept() != nil {
		t.Error("a cookie of four minutes ago was believed")
	}
	if v.Stats().Dropped[DropCookie] != 1 {
		t.Errorf("%d bad cookies counted, want the forged one alone", v.Stats().Dropped[DropCookie])
	}
	v.answer = nil
}

// TestFragmentFlood sends first fragments that nothing follows.
func TestFragmentFlood(t *testing.T) {
	v := newVictim(Config{})
	rand := prng.New(1)
	payload := make([]byte, 1400)
	flood := func(n int) {
		for range n {
			v.input(packet4(0x0a010000|rand.Uint32()&0xffff, wire.IPv4{Protocol: wire.ProtoUDP,
				MoreFragments: true, ID: uint16(rand.Uint32())}, payload))
			v.now = v.now.Add(10 * time.Microsecond)
			v.poll()
		}
	}
	flood(5000)
	before := heap()
	flood(10_000)
	if grown := int64(heap()) - int64(before); grown > 256<<10 {
		t.Errorf("10,000 more fragments took %d bytes more, want no more memory", grown)
	}
	if got := v.fragments4.Bytes(); got > 4<<20 {
		t.Errorf("fragments take %d bytes, want at most 4 MiB", got)
	}
}

// TestARPFlood is a scan of a large network in both directions: requests from everybody, and
// packets that must be answered to addresses that nobody has.
func TestARPFlood(t *testing.T) {
	v := newVictim(Config{})
	rand := prng.New(1)
	flood := func(n int) {
		for range n {
			src := 0x0a000000 | rand.Uint32()&0xffffff
			var ip [4]byte
			binary.BigEndian.PutUint32(ip[:], src)
			eth := wire.Ethernet{Dst: wire.Broadcast, Src: wire.MAC{2, 9, ip[0], ip[1], ip[2], ip[3]},
				Type: wire.TypeARP}
			arp := wire.ARP{Op: wire.ARPRequest, SenderMAC: eth.Src, SenderIP: netip.AddrFrom4(ip),
				TargetIP: netip.AddrFrom4([4]byte{10, 0, 0, 1})}
			v.input(arp.Append(eth.Append(nil)))
			h := wire.TCP{SrcPort: 1, DstPort: 2, Flags: wire.SYN}
			v.input(packet4(0x0a000000|rand.Uint32()&0xffffff, wire.IPv4{Protocol: wire.ProtoTCP},
				h.Append(nil)))
			v.now = v.now.Add(100 * time.Microsecond)
			v.poll()
		}
	}
	flood(5000)
	before := heap()
	flood(10_000)
	if grown := int64(heap()) - int64(before); grown > 512<<10 {
		t.Errorf("10,000 more stations took %d bytes more, want no more memory", grown)
	}
	if got := v.ifaces[0].neighbors.Stats().Entries; got > 1024 {
		t.Errorf("the neighbour cache has %d entries, want at most 1024", got)
	}
	// No more resets than the limit allows: 1000 at once and 1000 a second, for 1.5 s.
	if got := v.Stats().ResetsSent; got > ResetsBurst+2*ResetsPerSecondMax {
		t.Errorf("%d resets sent, want at most %d", got, ResetsBurst+2*ResetsPerSecondMax)
	}
}

// TestTimeWaitLimit ends more connections than may wait in TIME-WAIT; the oldest go.
func TestTimeWaitLimit(t *testing.T) {
	s := New(Config{})
	const extra = 10
	for i := range TimeWaitMax + extra {
		local := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(1+i%60000))
		remote := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), uint16(1+i/60000))
		o := s.newSocket(local, remote)
		cfg, _ := s.connConfig(0, o, tcp.Options{})
		o.Conn = tcp.Connect(0, &cfg)
		s.tcp.insert(o)
		s.enterTimeWait(o)
	}
	if s.tcp.count != TimeWaitMax || s.timeWait.count != TimeWaitMax {
		t.Errorf("%d sockets, %d of them in TIME-WAIT, want TimeWaitMax", s.tcp.count, s.timeWait.count)
	}
	if got := s.timeWait.oldest.LocalAddr().Port(); got != extra+1 {
		t.Errorf("the oldest is of port %d, want %d: those before it had to go", got, extra+1)
	}
	if got := s.stats.Dropped[DropTimeWait]; got != extra {
		t.Errorf("%d were dropped, want %d", got, extra)
	}
}
