package iperf

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// flatten turns JSON into "path: value" lines, in order; items of a list have its path and [].
func flatten(path string, v any, add func(path, value string)) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			flatten(path+"."+k, x, add)
		}
	case []any:
		for _, x := range v {
			flatten(path+"[]", x, add)
		}
	default:
		add(path, fmt.Sprint(v))
	}
}

func paths(t *testing.T, text []byte, values bool) []string {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	var all []string
	flatten("", v, func(path, value string) {
		if values {
			path += ": " + value
		}
		all = append(all, path)
	})
	slices.Sort(all)
	if !values {
		all = slices.Compact(all)
	}
	return all
}

// missing returns what of want is not in got, each as often as it is there.
func missing(want, got []string) []string {
	left := map[string]int{}
	for _, s := range got {
		left[s]++
	}
	var out []string
	for _, s := range want {
		if left[s]--; left[s] < 0 {
			out = append(out, s)
		}
	}
	return out
}

// Everything in a report of the real iperf3 has its place in a Result, by name, nesting and value.
func TestResultHoldsRealJSON(t *testing.T) {
	files, _ := filepath.Glob("testdata/real_*.json")
	if len(files) == 0 {
		t.Fatal("no reports in testdata")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r Result
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if lost := missing(paths(t, text, true), paths(t, again, true)); lost != nil {
			t.Errorf("%s: read and written again it lacks\n%s", file, strings.Join(lost, "\n"))
		}
	}
}

// fakeStats is what a lab's connections tell: the same for all, growing with time.
func fakeStats(start time.Time) func(net.Conn) (TCPInfo, bool) {
	return func(net.Conn) (TCPInfo, bool) {
		d := time.Since(start)
		return TCPInfo{MSS: 1448, Retransmits: int64(d / (100 * time.Millisecond)),
			CongestionWindow: 14480 + int64(d/time.Millisecond), SendWindow: 65536,
			RTT: 20*time.Millisecond + d/1000, RTTVar: time.Millisecond, PathMTU: 1500, Reordering: 3,
			SendBuffer: 262144, ReceiveBuffer: 131072, Congestion: "cubic"}, true
	}
}

// The reports of our client and server have all that iperf3's have.
func TestResultHasAllOfReal(t *testing.T) {
	for file, test := range map[string]Test{
		"real_tcp":         {},
		"real_tcp_reverse": {Reverse: true, Streams: 2},
		"real_tcp_bidir":   {Bidirectional: true, Streams: 2},
		"real_udp":         {Protocol: UDP},
		"real_udp_reverse": {Protocol: UDP, Reverse: true, Streams: 2},
		"real_udp_bidir":   {Protocol: UDP, Bidirectional: true},
		"real_server":      {},
	} {
		real, err := os.ReadFile("testdata/" + file + ".json")
		if err != nil {
			t.Fatal(err)
		}
		bubble(t, 1, func(t *testing.T, m *memLab) {
			m.c.Stats = fakeStats(time.Now())
			m.s.Stats = m.c.Stats
			test.Duration = time.Second
			r, err := m.c.Run(t.Context(), test)
			if err != nil {
				t.Fatal(err)
			}
			if file == "real_server" {
				results, _ := m.reported()
				r = results[0]
			}
			ours, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if lost := missing(paths(t, real, false), paths(t, ours, false)); lost != nil {
				t.Errorf("%s: our report lacks\n%s", file, strings.Join(lost, "\n"))
			}
		})
	}
}

// Lines of --json-stream.
func TestEventJSON(t *testing.T) {
	r := &Result{Start: Start{Version: "v", Connected: []Connected{}}}
	for _, tt := range []struct {
		event  Event
		prefix string
	}{
		{Event{Kind: EventStart, Result: r}, `{"event":"start","data":{"connected":[],"version":"v"`},
		{Event{Kind: EventInterval, Interval: &Interval{}}, `{"event":"interval","data":{"streams":`},
		{Event{Kind: EventEnd, Result: r}, `{"event":"end","data":{}}`},
		{Event{Kind: EventError, Err: errors.New("no")}, `{"event":"error","data":"no"}`},
	} {
		b, err := json.Marshal(tt.event)
		if err != nil || !strings.HasPrefix(string(b), tt.prefix) {
			t.Errorf("%v, %s, want %s...", err, b, tt.prefix)
		}
	}
}
