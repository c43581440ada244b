package topology

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/unikernel"
)

// series returns the points of one series.
func series(t *testing.T, r *Result, kind, name string) []Point {
	t.Helper()
	var names []string
	for _, s := range r.Series {
		if s.Kind == kind && (s.Name == name || strings.HasPrefix(s.Name, name)) {
			return s.Points
		}
		names = append(names, s.Kind+" "+s.Name)
	}
	t.Fatalf("no series %s %s among %q", kind, name, names)
	return nil
}

// between wants values in a band at all points within a span of time.
func between(t *testing.T, what string, points []Point, from, to time.Duration, low, high float64) {
	t.Helper()
	n := 0
	for _, p := range points {
		if at := p.At.Duration(); at < from || at > to {
			continue
		}
		if n++; p.Value < low || p.Value > high {
			t.Errorf("%s at %v: %g, want %g to %g", what, p.At, p.Value, low, high)
		}
	}
	if n == 0 {
		t.Errorf("%s: no point from %v to %v", what, from, to)
	}
}

// A flow over a link of 20 Mbit/s with a queue of 64 KiB shows in all curves what one expects of
// it.
func TestSeries(t *testing.T) {
	f := parse(t, `
hosts:
  s: {run: iperf-server}
  c: {run: iperf, to: s, time: 4s}
  u: {run: iperf, to: s, time: 2s, udp: true, rate: 2Mbit, start: 6s}
switches: [sw]
links:
  - {ends: [c, sw], delay: 5ms, rate: 20Mbit, queue: 64KiB}
  - {ends: [u, sw], delay: 5ms}
  - {ends: [s, sw], delay: 5ms}
`)
	r := run(t, f, RunOptions{Sample: 50 * time.Millisecond})
	if !r.OK {
		t.Fatalf("%v %v", r.Failures, r.Expectations)
	}
	second := time.Second
	goodput := series(t, r, Goodput, "c > s")
	between(t, "goodput", goodput, second, 4*second, 10e6, 30e6)
	between(t, "goodput after the end", goodput, 5*second, 6*second, 0, 0)
	between(t, "goodput of UDP", series(t, r, Goodput, "u > s"), 6500*time.Millisecond, 8*second,
		1.5e6, 2.5e6)
	var bytes float64
	for _, p := range goodput {
		bytes += p.Value / 8 * 0.05
	}
	if got := float64(r.Flows[0].Bytes); math.Abs(bytes/got-1) > 0.02 {
		t.Errorf("the curve of goodput holds %.0f bytes, the flow %.0f", bytes, got)
	}
	between(t, "queue", series(t, r, Queue, "c > sw"), second, 4*second, 1, 64<<10)
	between(t, "rtt", series(t, r, RTT, "c:"), second, 4*second, 0.02, 0.06)
	between(t, "cwnd", series(t, r, Cwnd, "c:"), second, 4*second, 30<<10, 200<<10)
	between(t, "ssthresh", series(t, r, Ssthresh, "c:"), second, 4*second, 2000, 1<<30)
	for _, s := range r.Series {
		if s.Kind == Cwnd && strings.HasPrefix(s.Name, "s:") {
			t.Errorf("%s has a series, although it sent next to nothing", s.Name)
		}
	}
	if len(r.Conns) < 6 || r.Conns[0].Peer == "" || r.Conns[0].Closed <= r.Conns[0].Opened {
		t.Errorf("connections %+v", r.Conns)
	}
}

// Names and shapes that programs read.
func TestJSON(t *testing.T) {
	r := run(t, parse(t, pair), RunOptions{Digest: true, Sample: 100 * time.Millisecond})
	var doc map[string]any
	if err := json.Unmarshal(marshal(t, r), &doc); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"name", "seed", "ok", "virtual_seconds", "frames", "digest", "flows",
		"transfers", "expectations", "links", "marks", "notes", "connections", "series", "log",
		"failures", "nodes"} {
		if _, ok := doc[key]; !ok {
			t.Errorf("no key %q", key)
		}
	}
	flow := doc["flows"].([]any)[0].(map[string]any)
	for _, key := range []string{"from", "to", "bytes", "seconds", "bits_per_second", "retransmits"} {
		if _, ok := flow[key]; !ok {
			t.Errorf("a flow has no key %q", key)
		}
	}
	if s := doc["virtual_seconds"].(float64); s < 0.5 || s > 2 {
		t.Errorf("virtual_seconds %v, want seconds", s)
	}
	if doc["transfers"] == nil || doc["failures"] == nil {
		t.Error("an empty list is null")
	}
}

// Sockets that a service opens are counted, whichever way it reads them.
func TestDatagrams(t *testing.T) {
	read := func(_ context.Context, m *unikernel.Machine) error {
		c, err := m.Net.ListenPacket("udp", ":7")
		if err != nil {
			return err
		}
		defer c.Close()
		buf := make([]byte, 1000)
		n, from, err := c.ReadFrom(buf)
		if err == nil {
			_, err = c.WriteTo(buf[:n], from)
		}
		return err
	}
	write := func(ctx context.Context, m *unikernel.Machine) error {
		if _, err := m.Net.ListenPacket("udp", ":x"); err == nil {
			m.Log.Error("listens at no port")
		}
		if _, err := m.Net.Listen("tcp", ":x"); err == nil {
			m.Log.Error("listens at no port")
		}
		if _, err := m.Net.DialContext(ctx, "tcp", "nobody:7"); err == nil {
			m.Log.Error("dials nobody")
		}
		c, err := m.Net.DialContext(ctx, "udp", "a:7")
		if err != nil {
			return err
		}
		defer c.Close()
		c.Write(make([]byte, 500))
		_, err = c.Read(make([]byte, 1000))
		return err
	}
	f := parse(t, "hosts: {a: {run: read}, b: {run: write}}\nlinks: [{ends: [a, b]}]\nduration: 1s")
	r := run(t, f, RunOptions{Sample: time.Millisecond,
		Services: map[string]unikernel.Service{"read": read, "write": write}})
	if !r.OK || len(r.Log) > 0 {
		t.Fatalf("%v %v", r.Failures, r.Log)
	}
	series(t, r, Goodput, "a > b")
	series(t, r, Goodput, "? > a") // nobody knows who writes to a socket that is not an iperf server's
}
