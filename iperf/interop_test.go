package iperf

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// iperf3 returns the path of the real thing.
func iperf3(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: no second at a time with a real iperf3")
	}
	path, err := exec.LookPath("iperf3")
	switch {
	case err != nil && os.Getenv("CI") == "true":
		t.Fatal("iperf3 is not installed: apt install iperf3")
	case err != nil:
		t.Skip("iperf3 is not installed: apt install iperf3")
	}
	return path
}

// mode is a kind of test, in iperf3's words and in ours.
type mode struct {
	flags string
	test  Test
}

// modes returns TCP and UDP, normal, reverse and both ways, one stream and four, and what else has
// its own way through the protocol. Most have a modest rate, as they run side by side.
func modes() []mode {
	var all []mode
	for _, p := range []mode{{"-b 20M", Test{Bandwidth: 20e6}},
		{"-u -b 5M", Test{Protocol: UDP, Bandwidth: 5e6}}} {
		for _, d := range []mode{{"", Test{}}, {"-R", Test{Reverse: true}},
			{"--bidir", Test{Bidirectional: true}}} {
			for _, n := range []int{1, 4} {
				m := mode{fmt.Sprintf("-t 1 -P %d %s %s", n, p.flags, d.flags), p.test}
				m.test.Duration, m.test.Streams = time.Second, n
				m.test.Reverse, m.test.Bidirectional = d.test.Reverse, d.test.Bidirectional
				all = append(all, m)
			}
		}
	}
	return append(all,
		mode{"-t 1", Test{Duration: time.Second}},
		mode{"-n 200M -P 3", Test{Bytes: 200 << 20, Streams: 3}},
		mode{"-k 20 -R", Test{Blocks: 20, Reverse: true}},
		mode{"-u -b 2M -k 50 -l 1000", Test{Protocol: UDP, Bandwidth: 2e6, Blocks: 50,
			BlockSize: 1000}},
		mode{"-t 1 -O 1 -b 50M/5 -N -w 200K -i 0.5", Test{Duration: time.Second, Omit: time.Second,
			Bandwidth: 50e6, Burst: 5, NoDelay: true, Window: 200 << 10, Interval: time.Second / 2}},
		mode{"-t 1 -u -b 5M -O 1 --udp-counters-64bit -T title -R", Test{Duration: time.Second,
			Protocol: UDP, Bandwidth: 5e6, Omit: time.Second, UDP64BitCounters: true, Title: "title",
			Reverse: true}},
	)
}

// each runs a subtest for every mode, many at a time: they spend their time waiting. (t.Parallel
// would run no more than there are processors.)
func each(t *testing.T, modes []mode, f func(t *testing.T, m mode)) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 16)
	for _, m := range modes {
		slots <- struct{}{}
		wg.Go(func() {
			t.Run(m.flags, func(t *testing.T) { f(t, m) })
			<-slots
		})
	}
	wg.Wait()
}

var nextPort atomic.Int32

// freePort returns a port that nobody uses for TCP or UDP. It lies below those that the system
// gives to clients, or one of those might take it in between.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + (os.Getpid()*97+int(nextPort.Add(1)))%12000
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		l.Close()
		pc, err := net.ListenPacket("udp", addr)
		if err != nil {
			continue
		}
		pc.Close()
		return port
	}
	t.Fatal("no free port")
	return 0
}

// startServer starts a real server for one test and returns its address when it listens. It is
// killed by the end of the test, if it has not ended before. Another process can take a port that
// was free a moment ago: then it is another one's turn.
func startServer(t *testing.T, path string, flags ...string) string {
	t.Helper()
	const tries = 20
	said := ""
	for range tries {
		addr, err := tryServer(t, path, freePort(t), flags...)
		if err == nil {
			return addr
		}
		if said = err.Error(); !strings.Contains(said, "in use") {
			break
		}
	}
	t.Fatalf("iperf3 -s: %s", said)
	return ""
}

// tryServer starts a real server on a port. The error has what it said if it ended instead.
func tryServer(t *testing.T, path string, port int, flags ...string) (string, error) {
	t.Helper()
	args := append([]string{"-s", "-1", "--forceflush", "-B", "127.0.0.1", "-p", strconv.Itoa(port)},
		flags...)
	cmd := exec.Command(path, args...)
	var talk bytes.Buffer
	cmd.Stderr = &talk
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	buf := make([]byte, 4096)
	for text := ""; !strings.Contains(text, "Server listening"); {
		n, err := out.Read(buf)
		text += string(buf[:n])
		if err != nil {
			cmd.Wait() // talk is whole
			return "", fmt.Errorf("%w after %s%s", err, text, &talk)
		}
	}
	go func() { // or it would wait for a reader
		for err == nil {
			_, err = out.Read(buf)
		}
	}()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), nil
}

// TestPortInUse wants a real server on a port that is taken to be told from one that cannot start.
func TestPortInUse(t *testing.T) {
	path := iperf3(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = tryServer(t, path, l.Addr().(*net.TCPAddr).Port)
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("two servers on a port: %v", err)
	}
}

// kernelClient returns a client on the kernel's sockets.
func kernelClient(addr string) *Client {
	return &Client{Dialer: &net.Dialer{}, Addr: addr, Cookie: prng.New(uint64(time.Now().UnixNano())),
		Local: Local{Version: "iperf test"}}
}

// kernelServer starts a server on the kernel's sockets and returns its address, and its results.
func kernelServer(t *testing.T, s *Server) (addr string, results chan *Result) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	results = make(chan *Result, 10)
	s.ListenPacket = net.ListenPacket
	s.Observe = func(e Event) {
		switch e.Kind {
		case EventEnd:
			results <- e.Result
		case EventError:
			t.Errorf("our server: %v", e.Err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String(), results
}

// check looks for what any good result has, whoever made it.
func (m mode) check(t *testing.T, who string, r *Result) {
	t.Helper()
	if r.Error != "" {
		t.Fatalf("%s: error %q", who, r.Error)
	}
	n := max(m.test.Streams, 1)
	dirs := []struct {
		name           string
		sent, received *SumEnd
	}{{"first direction", r.End.SumSent, r.End.SumReceived}}
	if m.test.Bidirectional {
		n *= 2
		dirs = append(dirs, struct {
			name           string
			sent, received *SumEnd
		}{"second direction", r.End.SumSentBidirReverse, r.End.SumReceivedBidirReverse})
	}
	if len(r.Start.Connected) != n || len(r.End.Streams) != n {
		t.Errorf("%s: %d connected, %d streams, want %d", who, len(r.Start.Connected),
			len(r.End.Streams), n)
	}
	for _, d := range dirs {
		if d.sent == nil || d.received == nil {
			t.Fatalf("%s: %s has no sums", who, d.name)
		}
		most := d.sent.Bytes
		if m.test.Omit > 0 {
			most += most / 4 // was under way when the omitted time ended
		}
		if d.received.Bytes == 0 || d.received.Bytes > most {
			t.Errorf("%s: %s: %d bytes sent, %d received, want some and no more than were sent",
				who, d.name, d.sent.Bytes, d.received.Bytes)
		}
		if m.test.Duration > 0 && (d.received.Seconds < 0.9 || d.received.Seconds > 10) {
			t.Errorf("%s: %s took %v s, want about 1", who, d.name, d.received.Seconds)
		}
		// A sender keeps its average; how late a busy machine lets a receiver end is not judged.
		want := float64(m.test.Bandwidth) * float64(max(m.test.Streams, 1))
		if got := d.sent.BitsPerSecond; m.test.Duration > 0 && want > 0 &&
			(got < want*0.5 || got > want*1.5) {
			t.Errorf("%s: %s was sent at %.0f bit/s, want about %.0f", who, d.name, got, want)
		}
		if u := d.received.UDPTotals; u != nil && (u.Packets == 0 || u.LostPercent > 50) {
			t.Errorf("%s: %s: %d datagrams, %.0f %% lost, want some and few lost", who, d.name,
				u.Packets, u.LostPercent)
		}
	}
}

// Our client against the real server.
func TestClientOfRealServer(t *testing.T) {
	path := iperf3(t)
	each(t, modes(), func(t *testing.T, m mode) {
		r, err := kernelClient(startServer(t, path)).Run(t.Context(), m.test)
		if err != nil {
			t.Fatal(err)
		}
		m.check(t, "our client", r)
	})
}

// The real client against our server; its JSON is read into our types, and both sides' counts are
// compared.
func TestServerOfRealClient(t *testing.T) {
	path := iperf3(t)
	each(t, modes(), func(t *testing.T, m mode) {
		addr, results := kernelServer(t, &Server{})
		host, port, _ := net.SplitHostPort(addr)
		args := append([]string{"-c", host, "-p", port, "-J"}, strings.Fields(m.flags)...)
		out, err := exec.CommandContext(t.Context(), path, args...).Output()
		if err != nil {
			t.Fatalf("iperf3 %v: %v\n%s", args, err, out)
		}
		theirs := realResult(t, out)
		ours := <-results
		m.check(t, "real client", theirs)
		m.check(t, "our server", ours)
		if a, b := theirs.End.SumReceived.Bytes, ours.End.SumReceived.Bytes; a != b {
			t.Errorf("client says %d bytes were received, server %d: want the same", a, b)
		}
		if a, b := theirs.Start.Cookie, ours.Start.Cookie; a != b {
			t.Errorf("client's cookie %q, server saw %q", a, b)
		}
		if theirs.Title != ours.Title {
			t.Errorf("client's title %q, server saw %q", theirs.Title, ours.Title)
		}
	})
}

// realResult reads the JSON of iperf3.
func realResult(t *testing.T, out []byte) *Result {
	t.Helper()
	var r Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("JSON of iperf3: %v\n%s", err, out)
	}
	return &r
}

// The server's own report, which a client may ask for, goes both ways.
func TestServerOutputWithReal(t *testing.T) {
	path := iperf3(t)
	t.Run("text of ours", func(t *testing.T) {
		t.Parallel()
		addr, _ := kernelServer(t, &Server{})
		_, port, _ := net.SplitHostPort(addr)
		out, err := exec.Command(path, "-c", "127.0.0.1", "-p", port, "-n", "1M",
			"--get-server-output").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "Server output:\nAccepted connection from") {
			t.Errorf("iperf3: %v, want the server's text in\n%s", err, out)
		}
	})
	t.Run("JSON of ours", func(t *testing.T) {
		t.Parallel()
		addr, _ := kernelServer(t, &Server{JSON: true})
		_, port, _ := net.SplitHostPort(addr)
		out, err := exec.Command(path, "-c", "127.0.0.1", "-p", port, "-n", "1M", "-J",
			"--get-server-output").Output()
		if err != nil {
			t.Fatal(err)
		}
		r := realResult(t, out)
		server := realResult(t, r.ServerOutputJSON)
		if server.End.SumReceived == nil || server.End.SumReceived.Bytes != r.End.SumReceived.Bytes {
			t.Errorf("server's JSON has %+v received, the client %+v", server.End.SumReceived,
				r.End.SumReceived)
		}
	})
	t.Run("text of the real server", func(t *testing.T) {
		t.Parallel()
		r, err := kernelClient(startServer(t, path)).Run(t.Context(),
			Test{Duration: 100 * time.Millisecond, GetServerOutput: true})
		if err != nil || !strings.Contains(r.ServerOutputText, "Accepted connection") {
			t.Errorf("%v, want the server's text in %q", err, r.ServerOutputText)
		}
	})
}

// Our client's lines have the shape of the real client's: equal but for the numbers, with units
// and columns where they are. (Retr and Cwnd are left out: they need TCP_INFO.)
func TestTextLikeReal(t *testing.T) {
	path := iperf3(t)
	each(t, modes()[:12], func(t *testing.T, m mode) {
		addr, _ := kernelServer(t, &Server{})
		_, port, _ := net.SplitHostPort(addr)
		args := append([]string{"-c", "127.0.0.1", "-p", port}, strings.Fields(m.flags)...)
		real, err := exec.Command(path, args...).Output()
		if err != nil {
			t.Fatal(err)
		}
		var ours bytes.Buffer
		c := kernelClient(addr)
		c.Observe = NewText(&ours).Event
		if _, err := c.Run(t.Context(), m.test); err != nil {
			t.Fatal(err)
		}
		a, b := shape(string(real)), shape(ours.String())
		if !slices.Equal(a, b) {
			t.Errorf("lines are shaped\n%s\nwant\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
		}
	})
}

// Our server's lines have the shape of the real server's, told by the same real client.
func TestServerTextLikeReal(t *testing.T) {
	path := iperf3(t)
	each(t, modes()[:12], func(t *testing.T, m mode) {
		ask := func(addr string) []string {
			_, port, _ := net.SplitHostPort(addr)
			args := append([]string{"-c", "127.0.0.1", "-p", port, "-J", "--get-server-output"},
				strings.Fields(m.flags)...)
			var r Result
			out, err := exec.Command(path, args...).Output()
			if err == nil {
				err = json.Unmarshal(out, &r)
			}
			if err != nil {
				t.Errorf("iperf3 %v: %v", args, err)
			}
			return shape(r.ServerOutputText)
		}
		real, ours := startServer(t, path), make(chan []string)
		own, _ := kernelServer(t, &Server{})
		go func() { ours <- ask(own) }()
		a, b := ask(real), <-ours
		if !slices.Equal(a, b) {
			t.Errorf("lines are shaped\n%s\nwant\n%s", strings.Join(b, "\n"), strings.Join(a, "\n"))
		}
	})
}

var (
	shapeRest   = regexp.MustCompile(`^\[.*\] +[1-9]\d*\.\d\d-`) // after the test's second
	shapeTCP    = regexp.MustCompile(` +(Retr|Cwnd)`)
	shapeCwnd   = regexp.MustCompile(`(/sec) +\d+ +\d[0-9.]* [KM]?Bytes`)
	shapeRetr   = regexp.MustCompile(`(/sec) +\d+ +(sender)`)
	shapeSum    = regexp.MustCompile(`^(\[SUM\].*/sec) +\d+ +$`)
	shapeNumber = regexp.MustCompile(` *[0-9]+(\.[0-9]+)?(e[+-]\d+)?`)
	shapeUnit   = regexp.MustCompile(`[KMGT]?(Bytes|bits)`)
	shapeTail   = regexp.MustCompile(` +(sender|receiver|$)`)
	shapeRow    = regexp.MustCompile(`^\[[ 0-9S]`)
)

// shape returns the lines of a report with 0 for each number, in order but for what may come
// once more, an interval.
func shape(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if shapeRest.MatchString(line) {
			continue
		}
		line = shapeTCP.ReplaceAllString(line, "")
		line = shapeCwnd.ReplaceAllString(line, "$1")
		line = shapeRetr.ReplaceAllString(line, "$1 $2")
		if !strings.Contains(line, "Datagrams") {
			line = shapeSum.ReplaceAllString(line, "$1 ")
		}
		if shapeRow.MatchString(line) && strings.Contains(line, "sec") {
			line = shapeNumber.ReplaceAllString(line, " 0")
			line = shapeUnit.ReplaceAllString(line, "$1")
		} else {
			line = shapeNumber.ReplaceAllString(line, " 0")
		}
		line = shapeTail.ReplaceAllString(line, " $1")
		if len(lines) == 0 || lines[len(lines)-1] != line {
			lines = append(lines, line)
		}
	}
	return lines
}
