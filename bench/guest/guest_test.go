package guest

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-os/atoll/image"
	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
)

// root is the folder of Atoll's module.
const root = "../.."

// atollMemory is what atoll boot gives a machine, in bytes.
const atollMemory = 64 << 20

// answerWait bounds how long a machine may take to answer, on a host with much else to do.
const answerWait = 120 * time.Second

// kind is a way to make a machine of a program.
type kind interface {
	name() string
	start(b *testing.B, p *lan.Place, c *console) *started
	bytes() int64  // of what the machine is loaded with
	memory() int64 // bytes
}

// started is a hypervisor that runs.
type started struct {
	begun time.Time
	pid   int
	done  <-chan struct{}
	kill  func() // and wait for its end
}

// console is what a machine prints.
type console struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// atoll is a program on Atoll's kernel.
type atoll struct {
	hypervisor *machine.Hypervisor
	image      string // file name
}

func newAtoll(b *testing.B, h *machine.Hypervisor, pattern string) *atoll {
	b.Helper()
	kernel, err := image.Compile(b.Context(), root)
	if err != nil {
		b.Fatal(err)
	}
	program, err := image.CompileProgram(b.Context(), root, pattern)
	if err != nil {
		b.Fatal(err)
	}
	file, err := image.Build(kernel, program)
	if err != nil {
		b.Fatal(err)
	}
	a := &atoll{h, filepath.Join(b.TempDir(), "image.elf")}
	if err := os.WriteFile(a.image, file, 0o600); err != nil {
		b.Fatal(err)
	}
	return a
}

func (a *atoll) name() string { return "atoll" }

func (a *atoll) bytes() int64 { return size(a.image) }

func (a *atoll) memory() int64 { return atollMemory }

func (a *atoll) start(b *testing.B, p *lan.Place, c *console) *started {
	before := children()
	m, err := a.hypervisor.Start(b.Context(), &machine.Config{Image: a.image, Memory: atollMemory,
		Seed: bytes.Repeat([]byte{7}, machine.SeedBytes),
		Env:  []string{fmt.Sprintf("ATOLL_IP=%v,%v", p.Address, p.Router)},
		Nets: []machine.Net{{MAC: p.MAC, Socket: p.Socket}}}, c)
	if err != nil {
		b.Fatal(err)
	}
	s := &started{begun: m.Started(), done: m.Done(), kill: func() {
		m.Kill()
		m.Wait()
	}}
	for pid := range children() {
		if !before[pid] {
			s.pid = pid
		}
	}
	return s
}

// guest is a machine on a switch of its own, with a port of its own.
type guest struct {
	*started
	kind    kind
	console console
	addr    string // where its port is published
}

// boot starts a machine whose port can be asked from then on.
func boot(b *testing.B, k kind, port uint16) *guest {
	b.Helper()
	network, err := lan.New([32]byte{1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { network.Close() })
	place, err := network.Add()
	if err != nil {
		b.Fatal(err)
	}
	published, err := network.Publish("127.0.0.1:0", netip.AddrPortFrom(place.Address.Addr(), port))
	if err != nil {
		b.Fatal(err)
	}
	g := &guest{kind: k, addr: published.Addr.String()}
	g.started = k.start(b, place, &g.console)
	b.Cleanup(g.kill)
	return g
}

// fail ends the benchmark with what the machine has printed.
func (g *guest) fail(b *testing.B, err error) {
	b.Helper()
	b.Fatalf("%s: %v\n%s", g.kind.name(), err, &g.console)
}

// children returns the processes that this one has started.
func children() map[int]bool {
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	list := map[int]bool{}
	for _, name := range files {
		var pid, parent int
		var state string
		text, _ := os.ReadFile(name) // a process that has ended has none
		_, rest, _ := strings.Cut(string(text), ") ")
		fmt.Sscan(rest, &state, &parent)
		fmt.Sscan(string(text), &pid)
		if parent == os.Getpid() {
			list[pid] = true
		}
	}
	return list
}

// size returns the length of a file, in bytes.
func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}
