//go:build linux

package sockets

import (
	"encoding/binary"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// most is how long a test waits for what must come.
const most = 20 * time.Second

// kernel is one of the test's: of a join it makes a pair of sockets, of which the driver has one
// under the number that it has chosen, and the test the other.
type kernel struct {
	t        *testing.T
	requests chan []byte
	answers  chan said
	refuse   map[uint64][]syscall.Errno // what to answer joins of a number, in turn

	mu     sync.Mutex
	closed chan struct{}
}

// said is an answer of the driver's, and the program's end of a joined socket.
type said struct {
	answer
	program *os.File
}

func (k *kernel) Read(b []byte) (int, error) {
	select {
	case r := <-k.requests:
		return copy(b, r), nil
	case <-k.closed:
		return 0, os.ErrClosed
	}
}

func (k *kernel) Close() error {
	close(k.closed)
	return nil
}

func (k *kernel) Write(b []byte) (int, error) {
	le := binary.LittleEndian
	s := said{answer: answer{kind: le.Uint32(b), fd: int(le.Uint32(b[4:])), number: le.Uint64(b[8:]),
		errno: syscall.Errno(le.Uint16(b[34:])), local: parseAddr(b[16:]), peer: parseAddr(b[40:])}}
	if s.kind == answerJoin {
		k.mu.Lock()
		defer k.mu.Unlock()
		if list := k.refuse[s.number]; len(list) > 0 {
			k.refuse[s.number] = list[1:]
			k.answers <- s
			return 0, list[0]
		}
		kind, err := syscall.GetsockoptInt(s.fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
		if err != nil {
			k.t.Error(err)
			return 0, err
		}
		pair, err := syscall.Socketpair(syscall.AF_UNIX, kind|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			k.t.Error(err)
			return 0, err
		}
		if err := syscall.Dup3(pair[0], s.fd, syscall.O_CLOEXEC); err != nil {
			k.t.Error(err)
		}
		syscall.Close(pair[0])
		s.program = os.NewFile(uintptr(pair[1]), "program")
		s.program.SetDeadline(time.Now().Add(most))
	}
	k.answers <- s
	return len(b), nil
}

// ask puts a request.
func (k *kernel) ask(want, flags uint32, number uint64, local, peer string) {
	b := make([]byte, recordBytes)
	le := binary.LittleEndian
	le.PutUint32(b, want)
	le.PutUint32(b[4:], flags)
	le.PutUint64(b[8:], number)
	if local != "" {
		putAddr(b[16:], netip.MustParseAddrPort(local))
	}
	if peer != "" {
		putAddr(b[40:], netip.MustParseAddrPort(peer))
	}
	k.requests <- b
}

// said waits for an answer of that kind about that number.
func (k *kernel) said(kind uint32, number uint64) said {
	k.t.Helper()
	select {
	case s := <-k.answers:
		if s.kind != kind || s.number != number {
			k.t.Errorf("answer %d about %d, errno %v; want %d about %d", s.kind, s.number, s.errno, kind,
				number)
		}
		return s
	case <-time.After(most):
		k.t.Fatalf("no answer %d about %d", kind, number)
	}
	return said{}
}

// begin starts a driver on one of two hosts, 10.0.0.1 and 10.0.0.2, and returns the other.
func begin(t *testing.T) (*kernel, *host.Host) {
	t.Helper()
	n := host.Real(prng.New(1))
	var hosts [2]*host.Host
	var ports [2]*vnet.Port
	for i := range hosts {
		hosts[i] = host.New(n, host.Config{Name: string(rune('a' + i))})
		ports[i] = hosts[i].AddInterface(tcpip.Interface{Name: "eth0", NoDAD: true, MTU: 1500,
			MAC: wire.MAC{2, 0, 0, 0, 0, byte(i + 1)}, Addrs: []netip.Prefix{
				netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)}})
	}
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(ports[0], ports[1], vnet.Settings{MTU: 1500})
	})
	k := &kernel{t: t, requests: make(chan []byte), answers: make(chan said, 100),
		refuse: map[uint64][]syscall.Errno{}, closed: make(chan struct{})}
	d := newDriver(k)
	done := make(chan error)
	go func() { done <- d.Serve(hosts[0]) }()
	t.Cleanup(func() {
		d.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		n.Close()
	})
	return k, hosts[1]
}
