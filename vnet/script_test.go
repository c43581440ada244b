package vnet_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// station is a node that sends what the test gives it and counts what it gets.
type station struct {
	at  *vnet.Attachment
	out []*vnet.Frame
	got int
}

func (s *station) Input(_ clock.Instant, _ int, f *vnet.Frame) { s.got++; f.Release() }

func (s *station) Poll(_ clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	out = append(out, s.out...)
	s.out = s.out[:0]
	return out, clock.Never
}

func (s *station) send(f *vnet.Frame) {
	s.out = append(s.out, f)
	s.at.Touch()
}

// newFrame returns a frame with a number, of a type that means nothing (IEEE 802 experimental).
func newFrame(dst, src byte, size int, number uint32) *vnet.Frame {
	f := vnet.NewFrame(size)
	f.Data = append(f.Data, 2, 0, 0, 0, 0, dst, 2, 0, 0, 0, 0, src, 0x88, 0xb5)
	if dst == 0xff {
		copy(f.Data, "\xff\xff\xff\xff\xff\xff")
	}
	f.Data = binary.BigEndian.AppendUint32(f.Data, number)
	f.Data = append(f.Data, make([]byte, size-len(f.Data))...)
	return f
}

func numberOf(f *vnet.Frame) string {
	if len(f.Data) < 18 {
		return "short"
	}
	return "#" + strconv.Itoa(int(binary.BigEndian.Uint32(f.Data[14:])))
}

// script is the world of one text test.
type script struct {
	t        *testing.T
	net      *vnet.Network
	now      clock.Instant
	names    []string
	stations map[string]*station
	places   map[string]*vnet.Attachment
	links    map[string]*vnet.Link
	undo     map[string]func()
	frames   uint32
	log      strings.Builder
	quiet    bool // log drops only
}

func newScript(t *testing.T) *script {
	s := &script{t: t, net: vnet.New(prng.New(1)), stations: map[string]*station{},
		places: map[string]*vnet.Attachment{}, links: map[string]*vnet.Link{},
		undo: map[string]func(){}}
	s.net.Observe(func(e vnet.Event) {
		if !s.quiet || e.Kind == vnet.Dropped {
			s.log.WriteString(describe(e))
		}
	})
	return s
}

func describe(e vnet.Event) string {
	line := fmt.Sprintf("%v %s %v %s", e.At, e.Port.Name(), e.Kind, numberOf(e.Frame))
	switch e.Kind {
	case vnet.Sent:
		line += fmt.Sprintf(" %dB", len(e.Frame.Data))
	case vnet.Dropped:
		line += ": " + e.Reason.String()
	case vnet.Corrupted:
		line += fmt.Sprintf(" bit %d", e.Bit)
	case vnet.Held:
		line += fmt.Sprintf(" for %v", e.Delay)
	}
	if e.Fault != nil {
		line += " (" + e.Fault.String() + ")"
	}
	return line + "\n"
}

func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := newScript(t)
		datadriven.RunTest(t, path, s.run)
	})
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.t = t
	s.log.Reset()
	command, ok := map[string]func(*datadriven.TestData){
		"node": s.node, "switch": s.node, "link": s.link, "set": s.set, "send": s.send,
		"fault": s.fault, "cable": s.cable, "advance": s.advance, "counters": s.counters,
		"queue": s.queue,
	}[d.Cmd]
	if !ok {
		d.Fatalf(t, "no command %q", d.Cmd)
	}
	command(d)
	if s.log.Len() == 0 {
		return "ok\n"
	}
	return s.log.String()
}

// node a b: stations with addresses 1, 2; switch sw: a switch.
func (s *script) node(d *datadriven.TestData) {
	for _, a := range d.CmdArgs {
		if d.Cmd == "switch" {
			s.places[a.Key] = vnet.NewSwitch(s.net, a.Key).Attachment
			continue
		}
		st := &station{}
		st.at = s.net.Attach(a.Key, st)
		s.names = append(s.names, a.Key)
		s.stations[a.Key], s.places[a.Key] = st, st.at
	}
}

// link a b [settings]: as in set.
func (s *script) link(d *datadriven.TestData) {
	a, b := d.CmdArgs[0].Key, d.CmdArgs[1].Key
	port := func(name string) *vnet.Port {
		return s.places[name].AddPort(strconv.Itoa(len(s.places[name].Ports())))
	}
	l := s.net.Connect(port(a), port(b), s.settings(d, vnet.Settings{}))
	s.links[a+" "+b] = l
}

func (s *script) settings(d *datadriven.TestData, set vnet.Settings) vnet.Settings {
	for _, arg := range d.CmdArgs[2:] {
		v := strings.Join(arg.Vals, "")
		length, _ := time.ParseDuration(v)
		n, _ := strconv.Atoi(v)
		switch arg.Key {
		case "delay":
			set.Delay = length
		case "jitter":
			set.Jitter = length
		case "rate":
			set.Rate = int64(n)
		case "queue":
			set.QueueBytes = n
		case "frames":
			set.QueueFrames = n
		case "mtu":
			set.MTU = n
		case "red":
			set.Discipline = vnet.DisciplineRED
			set.RED = vnet.RED{MinBytes: n / 3, MaxBytes: n, Weight: 0.1}
		case "codel":
			set.Discipline = vnet.DisciplineCoDel
		default:
			d.Fatalf(s.t, "no setting %q", arg.Key)
		}
	}
	return set
}

// direction is a's way to b, of a link given in either order.
func (s *script) direction(d *datadriven.TestData) *vnet.Direction {
	a, b := d.CmdArgs[0].Key, d.CmdArgs[1].Key
	if l := s.links[a+" "+b]; l != nil {
		return l.Directions[0]
	}
	if l := s.links[b+" "+a]; l != nil {
		return l.Directions[1]
	}
	d.Fatalf(s.t, "no link %s %s", a, b)
	return nil
}

// set a b [settings]: of the direction from a to b, from now on.
func (s *script) set(d *datadriven.TestData) {
	dir := s.direction(d)
	if err := dir.Set(s.settings(d, dir.Settings())); err != nil {
		fmt.Fprintln(&s.log, err)
		return
	}
	fmt.Fprintln(&s.log, dir.Settings())
}

// send a b [size=1000] [count=1] [every=0s] [as=c] [quiet]: a's frames to b's address, or to all;
// b may also be an address by number; c's address is the source.
func (s *script) send(d *datadriven.TestData) {
	from, to := d.CmdArgs[0].Key, d.CmdArgs[1].Key
	src := byte(slices.Index(s.names, from) + 1)
	size, count, every := 1000, 1, time.Duration(0)
	for _, arg := range d.CmdArgs[2:] {
		switch arg.Key {
		case "size":
			size, _ = strconv.Atoi(arg.Vals[0])
		case "count":
			count, _ = strconv.Atoi(arg.Vals[0])
		case "as":
			src = byte(slices.Index(s.names, arg.Vals[0]) + 1)
		case "every":
			every, _ = time.ParseDuration(arg.Vals[0])
		}
	}
	dst := byte(slices.Index(s.names, to) + 1)
	if to == "all" {
		dst = 0xff
	}
	if n, err := strconv.Atoi(to); err == nil {
		dst = byte(n)
	}
	for i := range count {
		s.net.At(s.now.Add(time.Duration(i)*every), func(clock.Instant) {
			s.frames++
			s.stations[from].send(newFrame(dst, src, size, s.frames))
		})
	}
	s.quiet = d.HasArg("quiet")
	s.runTo(s.now)
	s.quiet = false
}

// advance 10ms [quiet]: with quiet, only drops are listed.
func (s *script) advance(d *datadriven.TestData) {
	length, err := time.ParseDuration(d.CmdArgs[0].Key)
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	s.quiet = d.HasArg("quiet")
	s.runTo(s.now.Add(length))
	s.quiet = false
}

func (s *script) runTo(end clock.Instant) {
	for next := s.net.Run(s.now); next <= end; next = s.net.Run(s.now) {
		s.now = next
	}
	s.now = end
	s.net.CatchUp(end)
}

// scripted is a fault that does one thing to each frame.
type scripted struct {
	what string
	vnet.Verdict
}

func (f scripted) Judge(clock.Instant, *vnet.Frame, *vnet.Memory) vnet.Verdict { return f.Verdict }
func (f scripted) String() string                                              { return f.what }

// fault a b copy|lose|flip=BIT|hold=TIME: for each frame; fault a b undo=NAME: takes it away.
func (s *script) fault(d *datadriven.TestData) {
	dir, arg := s.direction(d), d.CmdArgs[2]
	f := scripted{what: arg.Key}
	switch arg.Key {
	case "undo":
		s.undo[arg.Vals[0]]()
		return
	case "copy":
		f.Copies = 1
	case "lose":
		f.Drop = vnet.Lost
	case "flip":
		bit, _ := strconv.Atoi(arg.Vals[0])
		f.Flip = 1 + bit
	case "hold":
		f.Delay, _ = time.ParseDuration(arg.Vals[0])
	}
	s.undo[arg.Key] = dir.Add(f)
}

// cable a b down|up|unplug [in=TIME]
func (s *script) cable(d *datadriven.TestData) {
	l, at := s.links[d.CmdArgs[0].Key+" "+d.CmdArgs[1].Key], s.now
	verb := d.CmdArgs[2].Key
	if d.HasArg("in") {
		var in string
		d.ScanArgs(s.t, "in", &in)
		length, _ := time.ParseDuration(in)
		at = at.Add(length)
	}
	s.net.At(at, func(now clock.Instant) {
		switch verb {
		case "down", "up":
			l.SetDown(now, verb == "down")
		case "unplug":
			l.Unplug(now)
		}
	})
	s.runTo(s.now)
}

// counters: of all ports, what is not zero.
func (s *script) counters(d *datadriven.TestData) {
	for _, arg := range d.CmdArgs {
		for _, p := range s.places[arg.Key].Ports() {
			c := p.Counters()
			fmt.Fprintf(&s.log, "%s sent %d (%dB) delivered %d (%dB)",
				p.Name(), c.Sent, c.SentBytes, c.Delivered, c.DeliveredBytes)
			for r, n := range c.Dropped {
				if n > 0 {
					fmt.Fprintf(&s.log, ", %v %d", vnet.Reason(r), n)
				}
			}
			if c.Duplicated+c.Corrupted+c.Held > 0 {
				fmt.Fprintf(&s.log, ", duplicated %d, corrupted %d, held %d",
					c.Duplicated, c.Corrupted, c.Held)
			}
			fmt.Fprintf(&s.log, ", queue at most %dB\n", c.QueueBytesMax)
		}
	}
}

// queue a b: what waits and what is under way.
func (s *script) queue(d *datadriven.TestData) {
	dir := s.direction(d)
	frames, bytes := dir.Queued()
	fmt.Fprintf(&s.log, "%d frames, %d bytes wait; %d under way\n", frames, bytes, dir.UnderWay())
}
