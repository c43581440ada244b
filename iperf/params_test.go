package iperf

import (
	"encoding/json"
	"errors"
	"testing"
	"time"
)

// What a client sends, byte for byte: the names, the types and the order of iperf3.
func TestParamsJSON(t *testing.T) {
	for _, tt := range []struct {
		test Test
		want string
	}{
		{Test{}, `{"tcp":true,"omit":0,"time":10,"num":0,"blockcount":0,"parallel":1,"len":131072,` +
			`"client_version":"3.12"}`},
		{Test{Protocol: UDP, Bytes: 1e9, BlockSize: 1400, Streams: 4, Reverse: true,
			UDP64BitCounters: true, GetServerOutput: true},
			`{"udp":true,"omit":0,"time":0,"num":1000000000,"blockcount":0,"parallel":4,` +
				`"reverse":true,"len":1400,"bandwidth":1048576,"get_server_output":1,` +
				`"udp_counters_64bit":1,"client_version":"3.12"}`},
		{Test{Duration: 1500 * time.Millisecond, Omit: 2 * time.Second, Bidirectional: true, MSS: 1200,
			NoDelay: true, Window: 65536, Bandwidth: 10e6, Burst: 10, Congestion: "reno",
			Title: "t", ExtraData: "x"},
			`{"tcp":true,"omit":2,"time":2,"num":0,"blockcount":0,"MSS":1200,"nodelay":true,` +
				`"parallel":1,"bidirectional":true,"window":65536,"len":131072,"bandwidth":10000000,` +
				`"burst":10,"title":"t","extra_data":"x","congestion":"reno","client_version":"3.12"}`},
		{Test{Protocol: UDP, Blocks: 7, BlockSize: 16, Bandwidth: Unlimited},
			`{"udp":true,"omit":0,"time":0,"num":0,"blockcount":7,"parallel":1,"len":16,` +
				`"client_version":"3.12"}`},
	} {
		if err := tt.test.check(); err != nil {
			t.Errorf("%+v: %v", tt.test, err)
		}
		b, err := json.Marshal(tt.test.params("3.12"))
		if err != nil || string(b) != tt.want {
			t.Errorf("got  %s\nwant %s", b, tt.want)
		}
	}
}

// peersParams are what clients send, and what a server makes of it.
var peersParams = []struct {
	name, json string
	code       Code // 0: accepted as want
	want       Test
}{
	{"iperf3 3.12", `{"tcp":true,"omit":0,"time":1,"num":0,"blockcount":0,"parallel":2,` +
		`"len":131072,"pacing_timer":1000,"get_server_output":1,"client_version":"3.12"}`, 0,
		Test{Protocol: TCP, Duration: time.Second, Streams: 2, BlockSize: 131072,
			GetServerOutput: true}},
	{"iperf3 3.21, UDP", `{"udp":true,"omit":1,"time":10,"num":0,"blockcount":0,"parallel":1,` +
		`"reverse":true,"len":1448,"bandwidth":1048576,"pacing_timer":1000,"gso":0,` +
		`"gso_dg_size":0,"gso_bf_size":65507,"gro":0,"gro_bf_size":65507,` +
		`"udp_counters_64bit":1,"client_version":"3.21"}`, 0,
		Test{Protocol: UDP, Duration: 10 * time.Second, Omit: time.Second, Streams: 1, Reverse: true,
			BlockSize: 1448, Bandwidth: 1 << 20, UDP64BitCounters: true}},
	{"len left out", `{"tcp":true,"time":0,"num":1e6}`, 0,
		Test{Protocol: TCP, Bytes: 1e6, Streams: 1, BlockSize: 131072}},
	{"len left out, UDP", `{"udp":true,"time":3}`, 0,
		Test{Protocol: UDP, Duration: 3 * time.Second, Streams: 1, BlockSize: 1460}},
	{"switches off", `{"tcp":true,"nodelay":false,"get_server_output":0}`, 0,
		Test{Protocol: TCP, Streams: 1, BlockSize: 131072}},

	{"SCTP", `{"sctp":true}`, CodeNoSCTP, Test{}},
	{"no protocol", `{"time":1}`, CodeParams, Test{}},
	{"both ways twice", `{"tcp":true,"reverse":true,"bidirectional":true}`, CodeBothWays, Test{}},
	{"too long", `{"tcp":true,"time":86401}`, CodeDuration, Test{}},
	{"never ends", `{"tcp":true,"time":-1}`, CodeDuration, Test{}},
	{"omit too long", `{"tcp":true,"omit":601}`, CodeOmit, Test{}},
	{"streams", `{"tcp":true,"parallel":129}`, CodeStreams, Test{}},
	{"streams", `{"tcp":true,"parallel":-1}`, CodeStreams, Test{}},
	{"MSS", `{"tcp":true,"MSS":32768}`, CodeMSS, Test{}},
	{"window", `{"tcp":true,"window":536870913}`, CodeWindow, Test{}},
	{"len", `{"tcp":true,"len":1048577}`, CodeBlockSize, Test{}},
	{"len", `{"tcp":true,"len":-1}`, CodeBlockSize, Test{}},
	{"len, UDP", `{"udp":true,"len":15}`, CodeDatagramSize, Test{}},
	{"len, UDP", `{"udp":true,"len":65508}`, CodeDatagramSize, Test{}},
	{"burst", `{"tcp":true,"burst":1001}`, CodeBurst, Test{}},
	{"bytes", `{"tcp":true,"num":-1}`, CodeParams, Test{}},
	{"bytes", `{"tcp":true,"num":1e19}`, CodeParams, Test{}},
	{"blocks", `{"tcp":true,"blockcount":1e15}`, CodeParams, Test{}},
	{"bandwidth", `{"tcp":true,"bandwidth":-5}`, CodeParams, Test{}},

	{"number as text", `{"tcp":true,"time":"1"}`, CodeParams, Test{}},
	{"number as true", `{"tcp":true,"parallel":true}`, CodeParams, Test{}},
	{"number as null", `{"tcp":true,"parallel":null}`, CodeParams, Test{}},
	{"number with a part", `{"tcp":true,"time":1.5}`, CodeParams, Test{}},
	{"true as number", `{"tcp":1}`, CodeParams, Test{}},
	{"true as text", `{"tcp":"true"}`, CodeParams, Test{}},
	{"true as null", `{"tcp":true,"nodelay":null}`, CodeParams, Test{}},
	{"number as list", `{"tcp":true,"omit":[1]}`, CodeParams, Test{}},
	{"text as number", `{"tcp":true,"title":5}`, CodeParams, Test{}},
	{"flag as true", `{"udp":true,"udp_counters_64bit":true}`, CodeParams, Test{}},
	{"a list", `[]`, CodeParams, Test{}},
}

func TestParamsOfPeers(t *testing.T) {
	for _, tt := range peersParams {
		var p params
		var test *Test
		err := json.Unmarshal([]byte(tt.json), &p)
		if err != nil {
			err = fail(CodeParams, "%w", err) // as receiveJSON has it
		} else {
			test, err = p.test()
		}
		var e *Error
		switch {
		case tt.code == 0 && (err != nil || *test != tt.want):
			t.Errorf("%s: %v, %+v, want %+v", tt.name, err, test, tt.want)
		case tt.code != 0 && (!errors.As(err, &e) || e.Code != tt.code):
			t.Errorf("%s: %s gave %v, want code %d", tt.name, tt.json, err, tt.code)
		}
	}
}

func TestTestCheck(t *testing.T) {
	for _, tt := range []struct {
		test Test
		want string
	}{
		{Test{Protocol: "sctp"}, `iperf: protocol "sctp", want "tcp" or "udp"`},
		{Test{Duration: time.Second, Bytes: 1},
			"iperf: a test ends after a duration, bytes or blocks: 2 are given"},
		{Test{Omit: time.Millisecond}, "iperf: omit 1ms, want whole seconds"},
		{Test{Interval: time.Microsecond}, "iperf: interval 1µs, want at least 1ms"},
		{Test{Bandwidth: -2}, "iperf: duration 10s or bandwidth -2 is negative"},
		{Test{Streams: 129}, "iperf: invalid number of parallel streams: " +
			"parallel is 129, want 0 to 128"},
		{Test{Reverse: true, Bidirectional: true}, "iperf: cannot be both reverse and bidirectional"},
		{Test{Protocol: UDP, BlockSize: 8}, "iperf: invalid datagram size: len is 8, want 16 to 65507"},
	} {
		if err := tt.test.check(); err == nil || err.Error() != tt.want {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// A counted test is divided among its streams without remainder.
func TestShare(t *testing.T) {
	for _, test := range []Test{
		{Bytes: 1e6, Streams: 3}, {Bytes: 2, Streams: 128}, {Blocks: 10, Streams: 4},
		{Bytes: 1e6, Streams: 7, Protocol: UDP, BlockSize: 1000}, {Bytes: BytesMax, Streams: 128},
		{Bytes: 1, Streams: 2, Protocol: UDP, BlockSize: 16},
	} {
		if err := test.check(); err != nil {
			t.Fatal(err)
		}
		var sum int64
		for i := range test.Streams {
			n := test.share(i)
			if test.Protocol == UDP && n%int64(test.BlockSize) != 0 {
				t.Errorf("%+v: stream %d sends %d bytes, want whole datagrams", test, i, n)
			}
			sum += n
		}
		want := test.amount()
		if test.Protocol == UDP {
			want = (want + int64(test.BlockSize) - 1) / int64(test.BlockSize) * int64(test.BlockSize)
		}
		if sum != want {
			t.Errorf("%+v: streams send %d bytes, want %d", test, sum, want)
		}
	}
}

// Parameters that a server accepts are within every limit, and a client that asks for the same
// sends the same.
func FuzzParams(f *testing.F) {
	f.Add([]byte(`{"tcp":true,"omit":0,"time":1,"num":0,"blockcount":0,"parallel":2,"len":131072}`))
	f.Add([]byte(`{"udp":true,"time":10,"parallel":1,"reverse":true,"len":1448,"bandwidth":1e6}`))
	f.Add([]byte(`{"tcp":true,"MSS":"x"}`))
	f.Add([]byte(`{"num":18446744073709551615,"tcp":true}`))
	f.Add([]byte(`{"TCP":true,"tcp":false}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var p params
		if json.Unmarshal(b, &p) != nil {
			return
		}
		test, err := p.test()
		if err != nil {
			return
		}
		if test.Streams < 1 || test.Streams > StreamsMax || test.BlockSize < 1 ||
			test.BlockSize > BlockSizeMax || test.Duration < 0 || test.Duration > DurationMax ||
			test.Omit < 0 || test.Omit > OmitMax || test.amount() < 0 || test.Bandwidth < 0 {
			t.Fatalf("%s: accepted as %+v", b, test)
		}
		b2, err := json.Marshal(test.params(p.ClientVersion))
		if err != nil {
			t.Fatal(err)
		}
		var p2 params
		if err := json.Unmarshal(b2, &p2); err != nil {
			t.Fatal(err)
		}
		if again, err := p2.test(); err != nil || *again != *test {
			t.Fatalf("%s: accepted as %+v, sent on as %s, accepted as %+v, %v", b, test, b2, again, err)
		}
	})
}
