package iperf

import "time"

// params is the JSON by which a client says what it wants. The order of the fields is iperf3's.
// Keys it does not have are ignored, as newer clients send more.
type params struct {
	TCP           switched `json:"tcp,omitempty"`
	UDP           switched `json:"udp,omitempty"`
	SCTP          switched `json:"sctp,omitempty"`
	Omit          integer  `json:"omit"` // seconds
	Time          integer  `json:"time"` // seconds; 0 is without end
	Num           integer  `json:"num"`  // bytes
	BlockCount    integer  `json:"blockcount"`
	MSS           integer  `json:"MSS,omitempty"`
	NoDelay       switched `json:"nodelay,omitempty"`
	Parallel      integer  `json:"parallel"`
	Reverse       switched `json:"reverse,omitempty"`
	Bidirectional switched `json:"bidirectional,omitempty"`
	Window        integer  `json:"window,omitempty"`
	Len           integer  `json:"len,omitempty"`
	Bandwidth     integer  `json:"bandwidth,omitempty"` // bit/s of one stream
	Burst         integer  `json:"burst,omitempty"`
	TOS           integer  `json:"TOS,omitempty"`
	Title         string   `json:"title,omitempty"`
	ExtraData     string   `json:"extra_data,omitempty"`
	Congestion    string   `json:"congestion,omitempty"`
	ServerOutput  option   `json:"get_server_output,omitempty"`
	Counters64    option   `json:"udp_counters_64bit,omitempty"`
	ClientVersion string   `json:"client_version"`
}

// params returns what the client sends for t, whose defaults have been filled in.
func (t *Test) params(version string) *params {
	p := &params{
		TCP:           t.Protocol == TCP,
		UDP:           t.Protocol == UDP,
		Omit:          integer(t.Omit / time.Second),
		Time:          integer((t.Duration + time.Second - 1) / time.Second),
		Num:           integer(t.Bytes),
		BlockCount:    integer(t.Blocks),
		MSS:           integer(t.MSS),
		NoDelay:       switched(t.NoDelay),
		Parallel:      integer(t.Streams),
		Reverse:       switched(t.Reverse),
		Bidirectional: switched(t.Bidirectional),
		Window:        integer(t.Window),
		Len:           integer(t.BlockSize),
		Bandwidth:     integer(t.rate()),
		Burst:         integer(t.Burst),
		Title:         t.Title,
		ExtraData:     t.ExtraData,
		Congestion:    t.Congestion,
		ServerOutput:  option(t.GetServerOutput),
		Counters64:    option(t.UDP64BitCounters),
		ClientVersion: version,
	}
	return p
}

// test checks what a client wants and returns it as a Test, with this server's defaults for what
// the client has left out.
func (p *params) test() (*Test, error) {
	t := &Test{
		Protocol:         TCP,
		Bytes:            int64(p.Num),
		Blocks:           int64(p.BlockCount),
		Streams:          1,
		Reverse:          bool(p.Reverse),
		Bidirectional:    bool(p.Bidirectional),
		BlockSize:        blockSizeDefault,
		Bandwidth:        int64(p.Bandwidth),
		NoDelay:          bool(p.NoDelay),
		UDP64BitCounters: bool(p.Counters64),
		Title:            p.Title,
		ExtraData:        p.ExtraData,
		Congestion:       p.Congestion,
		GetServerOutput:  bool(p.ServerOutput),
	}
	switch {
	case bool(p.SCTP):
		return nil, fail(CodeNoSCTP, "sctp asked for")
	case bool(p.UDP):
		t.Protocol, t.BlockSize = UDP, datagramSizeDefault
	case !bool(p.TCP):
		return nil, fail(CodeParams, "neither tcp nor udp")
	}
	for _, f := range []struct {
		name     string
		value    integer
		min, max integer
		code     Code
	}{
		{"time", p.Time, 0, integer(DurationMax / time.Second), CodeDuration},
		{"omit", p.Omit, 0, integer(OmitMax / time.Second), CodeOmit},
		{"num", p.Num, 0, BytesMax, CodeParams},
		{"blockcount", p.BlockCount, 0, BytesMax / BlockSizeMax, CodeParams},
		{"MSS", p.MSS, 0, MSSMax, CodeMSS},
		{"parallel", p.Parallel, 0, StreamsMax, CodeStreams},
		{"window", p.Window, 0, WindowMax, CodeWindow},
		{"len", p.Len, 0, BlockSizeMax, CodeBlockSize},
		{"bandwidth", p.Bandwidth, 0, 1<<63 - 1, CodeParams},
		{"burst", p.Burst, 0, BurstMax, CodeBurst},
		{"TOS", p.TOS, 0, 255, CodeParams},
		{"title", integer(len(p.Title)), 0, textSizeMax, CodeParams},
		{"extra_data", integer(len(p.ExtraData)), 0, textSizeMax, CodeParams},
		{"congestion", integer(len(p.Congestion)), 0, algorithmSizeMax, CodeParams},
	} {
		if f.value < f.min || f.value > f.max {
			return nil, fail(f.code, "%s is %d, want %d to %d", f.name, f.value, f.min, f.max)
		}
	}
	t.Duration = time.Duration(p.Time) * time.Second
	t.Omit = time.Duration(p.Omit) * time.Second
	t.MSS, t.Window, t.Burst = int(p.MSS), int(p.Window), int(p.Burst)
	if p.Parallel > 0 {
		t.Streams = int(p.Parallel)
	}
	if p.Len > 0 {
		t.BlockSize = int(p.Len)
	}
	if t.Protocol == UDP && (t.BlockSize < DatagramSizeMin || t.BlockSize > DatagramSizeMax) {
		return nil, fail(CodeDatagramSize, "len is %d, want %d to %d",
			t.BlockSize, DatagramSizeMin, DatagramSizeMax)
	}
	if t.Reverse && t.Bidirectional {
		return nil, &Error{Code: CodeBothWays}
	}
	return t, nil
}
