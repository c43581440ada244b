package iperf

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const goodStream = `{"id":1,"bytes":1000,"retransmits":2,"jitter":0.5,"errors":7,"packets":100,` +
	`"start_time":0,"end_time":1.5}`

func goodResults(streams string) string {
	return `{"cpu_util_total":1,"cpu_util_user":0.5,"cpu_util_system":0.5,` +
		`"sender_has_retransmits":1,"streams":[` + streams + `]}`
}

// oneStream returns a transfer that has sent on one stream, ten packets in the omitted time.
func oneStream() *transfer {
	tr := newTransfer(&Test{Protocol: UDP, Streams: 1, BlockSize: 16}, &Local{}, false)
	tr.add(&udpFlow{}).omitted.packets = 10
	return tr
}

func readResults(text string, tr *transfer) error {
	var r results
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return fail(CodeResults, "%w", err)
	}
	return tr.merge(&r)
}

func TestResultsOfPeers(t *testing.T) {
	with := func(old, new string) string {
		return goodResults(strings.Replace(goodStream, old, new, 1))
	}
	for _, tt := range []struct {
		name, json string
		code       Code // 0: accepted as want
		want       peerResult
	}{
		{"3.12: no omitted figures, so ours are taken", goodResults(goodStream), 0,
			peerResult{bytes: 1000, retransmits: 2, packets: 90, lost: 7, jitter: 0.5, seconds: 1.5}},
		{"3.17: omitted figures", with(`"packets"`, `"omitted_errors":3,"omitted_packets":20,"packets"`),
			0, peerResult{bytes: 1000, retransmits: 2, packets: 80, lost: 4, jitter: 0.5, seconds: 1.5}},
		{"3.12 writes -1 so", with(`"retransmits":2`, `"retransmits":18446744073709551615`), 0,
			peerResult{bytes: 1000, retransmits: -1, packets: 90, lost: 7, jitter: 0.5, seconds: 1.5}},
		{"3.1: no times", with(`,"start_time":0,"end_time":1.5`, ``), 0,
			peerResult{bytes: 1000, retransmits: 2, packets: 90, lost: 7, jitter: 0.5}},
		{"losses taken back", with(`"packets"`, `"omitted_errors":9,"omitted_packets":20,"packets"`),
			0, peerResult{bytes: 1000, retransmits: 2, packets: 80, jitter: 0.5, seconds: 1.5}},

		{"omitted_errors alone", with(`"packets"`, `"omitted_errors":3,"packets"`), CodeResults,
			peerResult{}},
		{"no CPU", strings.Replace(goodResults(goodStream), `"cpu_util_total":1,`, "", 1), CodeResults,
			peerResult{}},
		{"no streams", strings.Replace(goodResults(""), `"streams"`, `"x"`, 1), CodeResults,
			peerResult{}},
		{"no bytes", with(`"bytes":1000,`, ``), CodeResults, peerResult{}},
		{"bytes as text", with(`1000`, `"1000"`), CodeResults, peerResult{}},
		{"negative bytes", with(`1000`, `-1000`), CodeResults, peerResult{}},
		{"negative losses", with(`"errors":7`, `"errors":-7`), CodeResults, peerResult{}},
		{"time that is none", with(`1.5`, `1e300`), CodeResults, peerResult{}},
		{"jitter that is none", with(`0.5`, `-0.5`), CodeResults, peerResult{}},
		{"another stream", with(`"id":1`, `"id":3`), CodeStreamID, peerResult{}},
		{"no id", with(`"id":1,`, ``), CodeStreamID, peerResult{}},
		{"no stream at all", goodResults(""), CodeStreamID, peerResult{}},
		{"one too many", goodResults(goodStream + "," + strings.Replace(goodStream, `"id":1`,
			`"id":3`, 1)), CodeStreamID, peerResult{}},
		{"far too many", goodResults(strings.Repeat("{},", 300) + "{}"), CodeResults, peerResult{}},
	} {
		tr := oneStream()
		err := readResults(tt.json, tr)
		var e *Error
		switch {
		case tt.code == 0 && (err != nil || tr.streams[0].peer != tt.want):
			t.Errorf("%s: %v, %+v, want %+v", tt.name, err, tr.streams[0].peer, tt.want)
		case tt.code != 0 && (!errors.As(err, &e) || e.Code != tt.code):
			t.Errorf("%s: %v, want code %d", tt.name, err, tt.code)
		}
	}
}

// The omitted figures are always sent: without them newer clients show no loss.
func TestResultsJSON(t *testing.T) {
	tr := oneStream()
	s := tr.streams[0]
	s.final.totals, s.omitted = totals{bytes: 160, packets: 30}, totals{bytes: 60, packets: 10}
	b, err := json.Marshal(tr.results())
	want := `{"cpu_util_total":0,"cpu_util_user":0,"cpu_util_system":0,"sender_has_retransmits":0,` +
		`"streams":[{"id":1,"bytes":100,"retransmits":-1,"jitter":0,"errors":0,"omitted_errors":0,` +
		`"packets":30,"omitted_packets":10,"start_time":0,"end_time":0}]}`
	if err != nil || string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
}

// Results that are accepted can be reported.
func FuzzResults(f *testing.F) {
	f.Add([]byte(goodResults(goodStream)))
	f.Add([]byte(goodResults(strings.Replace(goodStream, "7", "9223372036854775807", 1))))
	f.Add([]byte(goodResults(strings.Replace(goodStream, "2", "18446744073709551615", 1))))
	f.Add([]byte(goodResults(strings.Replace(goodStream, "1.5", "1e9", 1))))
	f.Add([]byte(`{"streams":[{"id":null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		tr := oneStream()
		if readResults(string(b), tr) != nil {
			return
		}
		e := tr.end()
		if _, err := json.Marshal(e); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if r := e.SumReceived; r.Bytes < 0 || r.Packets < 0 || r.LostPackets < 0 || r.Seconds < 0 {
			t.Fatalf("%s: reported as %+v %+v", b, r.Span, r.UDPTotals)
		}
	})
}
