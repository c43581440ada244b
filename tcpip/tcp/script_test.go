package tcp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/wire"
)

// TestScripts runs testdata/conn/*.txt: two connections joined by a wire of 10 ms each way, whose
// every segment and change of state is a line. -rewrite writes what happens into the files.
// Commands:
//
//	config a|b KEY=VALUE…   before connect: mss, pathmss, segmentmax, rcvbuf, sndbuf, usertimeout,
//	                        keepalive=(idle,interval,count), timewait, iss, nagle, manual (reads only
//	                        on read), noack (no delayed ACK), delay (of the wire)
//	listen a|b, connect a|b
//	write a|b N, read a|b N, close, shutdown (CloseWrite), closeread, abort, consume
//	run [D]                 until D has passed, or until nothing is due within a second
//	inject a|b              each line of the input is a segment, as they are printed, to that end
//	icmp a|b toobig=MTU | unreachable=net|host|port|protocol
//	info a|b FIELD…
//	pairs STATE             what each event does in that state
//
// Any command may say drop=(a1,b2) late=(a1:30ms) twice=(a1) drop=(a*): a1 is the first segment
// that a sends during it, a* all of them.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/conn", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".txt") || strings.Contains(path, "recovery/") {
			return
		}
		s := newScript()
		datadriven.RunTest(t, path, s.command)
	})
}

type script struct {
	*testNet
	out strings.Builder
}

func newScript() *script {
	s := &script{testNet: newTestNet()}
	s.log = func(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }
	return s
}

func (s *script) command(t *testing.T, d *datadriven.TestData) string {
	if d.Cmd == "pairs" {
		return pairs(t, d)
	}
	s.out.Reset()
	s.faults(d)
	if d.Cmd == "run" {
		s.runCommand(t, d)
	} else {
		i := 0
		switch d.CmdArgs[0].Key {
		case "a":
		case "b":
			i = 1
		default:
			d.Fatalf(t, "no end named %s", d.CmdArgs[0].Key)
		}
		d.CmdArgs = d.CmdArgs[1:]
		s.endCommand(t, d, i)
	}
	if s.out.Len() == 0 {
		return "ok\n"
	}
	return s.out.String()
}

// endCommand does what is said to one end, then lets that end send.
func (s *script) endCommand(t *testing.T, d *datadriven.TestData, i int) {
	e := s.ends[i]
	number := func() int {
		n, err := strconv.Atoi(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		return n
	}
	switch d.Cmd {
	case "config":
		s.config(t, d, e)
		return
	case "listen":
		e.listening = true
	case "connect":
		s.connect(i)
	case "write":
		s.write(i, number())
	case "read":
		s.log("read %d bytes", s.take(i, number()))
	case "close":
		e.conn.Close(s.now)
	case "shutdown":
		e.conn.CloseWrite(s.now)
	case "closeread":
		e.conn.CloseRead(s.now)
	case "abort":
		e.conn.Abort(s.now)
	case "nodelay":
		e.conn.SetNoDelay(true)
	case "inject":
		for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
			h, n := parseSegment(t, d, line)
			h.SrcPort, h.DstPort = e.cfg.Remote.Port(), e.cfg.Local.Port()
			from := s.ends[1-i]
			off := int(h.Seq - from.cfg.ISS - 1)
			s.log("%v %s<%s %s INJECTED", s.now, e.name, from.name, h.Describe(n))
			s.deliver(&packet{to: i, h: h, payload: streamAt(max(off, 0), n)})
		}
		return
	case "icmp":
		s.icmp(t, d, e)
	case "info":
		s.info(d, e)
	default:
		d.Fatalf(t, "unknown command %s", d.Cmd)
	}
	s.poll(i)
}

func (s *script) config(t *testing.T, d *datadriven.TestData, e *end) {
	for _, arg := range d.CmdArgs {
		n, duration := 0, time.Duration(0)
		if len(arg.Vals) > 0 {
			n, _ = strconv.Atoi(arg.Vals[0])
			duration, _ = time.ParseDuration(arg.Vals[0])
		}
		switch arg.Key {
		case "mss":
			e.cfg.MSS = n
		case "pathmss":
			e.cfg.PathMSS = n
		case "segmentmax":
			e.cfg.SegmentMax = n
		case "rcvbuf":
			e.cfg.ReceiveBuffer = n
		case "sndbuf":
			e.cfg.SendBuffer = n
		case "iss":
			e.cfg.ISS = uint32(n)
		case "nagle":
			e.cfg.NoDelay = false
		case "noack":
			e.cfg.NoDelayedAck = true
		case "manual":
			e.manual = true
		case "usertimeout":
			e.cfg.UserTimeout = duration
		case "timewait":
			e.cfg.TimeWait = duration
		case "delay":
			s.delay = duration
		case "keepalive":
			interval, _ := time.ParseDuration(arg.Vals[1])
			count, _ := strconv.Atoi(arg.Vals[2])
			e.cfg.KeepAlive = KeepAlive{duration, interval, count}
		default:
			d.Fatalf(t, "unknown option %s", arg.Key)
		}
	}
}

// runCommand goes on for the time given, or until all is quiet.
func (s *script) runCommand(t *testing.T, d *datadriven.TestData) {
	if len(d.CmdArgs) == 0 {
		s.settle()
		return
	}
	span, err := time.ParseDuration(d.CmdArgs[0].Key)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	s.run(span)
}

// faults takes drop, late and twice from the arguments, for the segments sent during this command.
func (s *script) faults(d *datadriven.TestData) {
	s.ends[0].sent, s.ends[1].sent = 0, 0
	faults := map[string]verdict{}
	var rest []datadriven.CmdArg
	for _, arg := range d.CmdArgs {
		if arg.Key != "drop" && arg.Key != "late" && arg.Key != "twice" {
			rest = append(rest, arg)
			continue
		}
		for _, v := range arg.Vals {
			name, late, _ := strings.Cut(v, ":")
			f := faults[name]
			f.drop = f.drop || arg.Key == "drop"
			f.twice = f.twice || arg.Key == "twice"
			if late != "" {
				f.late, _ = time.ParseDuration(late)
			}
			faults[name] = f
		}
	}
	d.CmdArgs = rest
	s.fault = func(from, n int, _ *Segment) verdict {
		name := s.ends[from].name
		if f, ok := faults[name+strconv.Itoa(n)]; ok {
			return f
		}
		return faults[name+"*"]
	}
}

func (s *script) icmp(t *testing.T, d *datadriven.TestData, e *end) {
	for _, arg := range d.CmdArgs {
		switch arg.Key {
		case "toobig":
			n, _ := strconv.Atoi(arg.Vals[0])
			e.conn.PacketTooBig(s.now, n)
		case "unreachable":
			for u := NetUnreachable; u <= ProtocolUnreachable; u++ {
				if u.String() == arg.Vals[0]+" unreachable" {
					e.conn.Unreachable(s.now, u)
				}
			}
		default:
			d.Fatalf(t, "unknown message %s", arg.Key)
		}
	}
}

// info prints the fields asked for, of Info and of the connection itself.
func (s *script) info(d *datadriven.TestData, e *end) {
	all := map[string]string{
		"Err":        fmt.Sprint(e.conn.Err()),
		"Received":   fmt.Sprint(e.conn.Received()),
		"SendSpace":  fmt.Sprint(e.conn.SendSpace()),
		"PeerClosed": fmt.Sprint(e.conn.PeerClosed()),
		"Next":       e.conn.Next().String(),
		"read":       fmt.Sprint(e.read),
	}
	for _, f := range strings.Fields(strings.Trim(fmt.Sprintf("%+v", e.conn.Info()), "{}")) {
		name, value, _ := strings.Cut(f, ":")
		all[name] = value
	}
	for _, arg := range d.CmdArgs {
		s.log("%s %s", arg.Key, all[arg.Key])
	}
}

// parseSegment reads the notation of wire.TCP.Describe.
func parseSegment(t *testing.T, d *datadriven.TestData, line string) (h wire.TCP, n int) {
	line, options, _ := strings.Cut(strings.TrimSuffix(line, ">"), "<")
	f := strings.Fields(line)
	var end uint32
	for _, c := range f[0] {
		if i := strings.IndexRune("FSRP.UEW", c); i >= 0 {
			h.Flags |= 1 << i
		}
	}
	if _, err := fmt.Sscanf(f[1], "%d:%d(%d)", &h.Seq, &end, &n); err != nil {
		d.Fatalf(t, "%s: %v", line, err)
	}
	for i := 2; i+1 < len(f); i += 2 {
		v, err := strconv.ParseUint(f[i+1], 10, 32)
		if err != nil {
			d.Fatalf(t, "%s: %v", line, err)
		}
		switch f[i] {
		case "ack":
			h.Ack = uint32(v)
		case "win":
			h.Window = uint16(v)
		default:
			d.Fatalf(t, "%s: what is %s?", line, f[i])
		}
	}
	for _, o := range strings.Split(options, ",") {
		parseOption(&h, strings.TrimSpace(o))
	}
	return h, n
}

func parseOption(h *wire.TCP, o string) {
	var left, right uint32
	switch {
	case o == "sackOK":
		h.SACKPermitted = true
	case scan(o, "mss %d", &h.MSS):
	case scan(o, "wscale %d", &h.WindowScale):
		h.HasWindowScale = true
	case scan(o, "TS val %d ecr %d", &h.TSVal, &h.TSEcr):
		h.HasTimestamps = true
	case scan(o, "sack %d:%d", &left, &right), scan(o, "%d:%d", &left, &right):
		h.SACK[h.SACKCount] = wire.SACKBlock{Left: left, Right: right}
		h.SACKCount++
	}
}

func scan(s, format string, args ...any) bool {
	n, err := fmt.Sscanf(s, format, args...)
	return err == nil && n == len(args)
}
