package neigh

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// frame returns a frame that prints as a number.
func frame(n int) *vnet.Frame {
	f := vnet.NewFrame(1)
	f.Data = append(f.Data, byte(n))
	return f
}

// script is a cache under a text script.
type script struct {
	t   *testing.T
	c   *Cache
	now clock.Instant
	out strings.Builder
}

// TestScripts runs testdata/scripts/*.txt.
//
//	new [entries=N] [pending=N]         an empty cache
//	lookup ADDR, queue ADDR N           N is a frame
//	learn ADDR MAC [solicited] [override] [create]   the MAC's last byte; - for none
//	confirm ADDR, pin ADDR MAC
//	times REACHABLE RETRANSMIT
//	advance D                           time passes; prints what Poll wants
//	entries, stats
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/scripts", func(t *testing.T, path string) {
		s := &script{c: New(Config{})}
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.t = t
			s.out.Reset()
			s.run(d)
			s.poll()
			if s.out.Len() == 0 {
				return "ok\n"
			}
			return s.out.String()
		})
	})
}

func number(d *datadriven.TestData, key string) int {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			n, _ := strconv.Atoi(a.Vals[0])
			return n
		}
	}
	return 0
}

func duration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (s *script) run(d *datadriven.TestData) {
	word := func(i int) string { return d.CmdArgs[i].Key }
	var addr netip.Addr
	if len(d.CmdArgs) > 0 {
		addr, _ = netip.ParseAddr(word(0))
	}
	switch d.Cmd {
	case "new":
		s.c = New(Config{EntriesMax: number(d, "entries"), PendingMax: number(d, "pending")})
	case "lookup":
		if mac, ok := s.c.Lookup(s.now, addr); ok {
			fmt.Fprintf(&s.out, "%v\n", mac)
		} else {
			s.out.WriteString("unknown\n")
		}
	case "queue":
		n, _ := strconv.Atoi(word(1))
		if old := s.c.Queue(s.now, addr, frame(n)); old != nil {
			fmt.Fprintf(&s.out, "dropped%s\n", numbers(old))
		}
	case "learn":
		s.learn(addr, d)
	case "confirm":
		s.c.Confirm(s.now, addr)
	case "pin":
		s.ready(s.c.Pin(s.now, addr, s.mac(word(1))))
	case "times":
		s.c.SetTimes(duration(s.t, word(0)), duration(s.t, word(1)))
	case "advance":
		s.advance(s.now.Add(duration(s.t, word(0))))
	case "entries":
		for _, e := range s.c.Entries(s.now) {
			fmt.Fprintf(&s.out, "%v %v %v", e.Addr, e.MAC, e.State)
			if e.Pending > 0 {
				fmt.Fprintf(&s.out, ", %d wait", e.Pending)
			}
			s.out.WriteByte('\n')
		}
	case "stats":
		fmt.Fprintf(&s.out, "%+v\n", s.c.Stats())
	default:
		d.Fatalf(s.t, "no command %q", d.Cmd)
	}
}

func (s *script) mac(word string) wire.MAC {
	if word == "-" {
		return wire.MAC{}
	}
	b, err := hex.DecodeString(word)
	if err != nil || len(b) != 1 {
		s.t.Fatalf("%q is no last byte of a MAC", word)
	}
	return wire.MAC{2, 0, 0, 0, 0, b[0]}
}

func (s *script) learn(addr netip.Addr, d *datadriven.TestData) {
	var how How
	for _, a := range d.CmdArgs[2:] {
		switch a.Key {
		case "solicited":
			how |= Solicited
		case "override":
			how |= Override
		case "create":
			how |= Create
		}
	}
	s.ready(s.c.Learn(s.now, addr, s.mac(d.CmdArgs[1].Key), how))
}

func (s *script) ready(frames []*vnet.Frame) {
	if len(frames) > 0 {
		fmt.Fprintf(&s.out, "ready%s\n", numbers(frames...))
	}
}

func numbers(frames ...*vnet.Frame) string {
	var b strings.Builder
	for _, f := range frames {
		fmt.Fprintf(&b, " %d", f.Data[0])
		f.Release()
	}
	return b.String()
}

func (s *script) advance(until clock.Instant) {
	for s.c.Next() <= until {
		s.now = max(s.now, s.c.Next())
		s.poll()
	}
	s.now = until
}

// poll prints what Poll wants now.
func (s *script) poll() {
	for {
		p, ok := s.c.Poll(s.now)
		if !ok {
			return
		}
		switch {
		case p.Failed:
			fmt.Fprintf(&s.out, "%v %v failed%s\n", s.now, p.Addr, numbers(p.Frames...))
		case p.MAC == wire.MAC{}:
			fmt.Fprintf(&s.out, "%v who has %v?\n", s.now, p.Addr)
		default:
			fmt.Fprintf(&s.out, "%v %v, are you %v?\n", s.now, p.MAC, p.Addr)
		}
	}
}
