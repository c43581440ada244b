package iperf

import (
	"encoding/json"
	"time"
)

// EventKind is the name of an Event in iperf3's --json-stream.
type EventKind string

// What happens, in the order in which it does. A test that fails ends with EventError, after
// EventEnd if data has flowed.
const (
	EventStart    EventKind = "start"
	EventInterval EventKind = "interval"
	EventEnd      EventKind = "end"
	EventError    EventKind = "error"
)

// Event tells an observer of a test. Nothing in it may be changed.
type Event struct {
	Kind     EventKind
	Result   *Result   // so far; nil if a stranger was turned away by a server
	Interval *Interval // of EventInterval
	Err      error     // of EventError
}

// MarshalJSON returns a line of iperf3's --json-stream, without the newline.
func (e Event) MarshalJSON() ([]byte, error) {
	var data any
	switch e.Kind {
	case EventStart:
		data = e.Result.Start
	case EventInterval:
		data = e.Interval
	case EventEnd:
		data = e.Result.End
	case EventError:
		data = e.Err.Error()
	}
	return json.Marshal(struct {
		Event EventKind `json:"event"`
		Data  any       `json:"data"`
	}{e.Kind, data})
}

// begun fills in the start of the result when all streams stand, and tells the observer.
func (t *transfer) begun() {
	s := &t.result.Start
	for _, st := range t.streams {
		s.Connected = append(s.Connected, connected(st))
	}
	if info, ok := t.stats(t.streams[0]); ok {
		s.SndbufActual, s.RcvbufActual = info.SendBuffer, info.ReceiveBuffer
	}
	t.local.observe(Event{Kind: EventStart, Result: t.result})
}

// describe fills in what is known of a test before its streams are opened.
func (t *transfer) describe(c cookie, mss int) {
	s, test := &t.result.Start, t.test
	now := time.Now().UTC()
	s.Connected = []Connected{}
	s.Version, s.SystemInfo = t.local.Version, t.local.SystemInfo
	s.Timestamp = &Timestamp{
		Time:     now.Format("Mon, 02 Jan 2006 15:04:05 GMT"),
		TimeSecs: now.Unix(), TimeMillisecs: now.UnixMilli(),
	}
	s.Cookie = c.String()
	if test.Protocol == TCP && test.MSS > 0 {
		s.TCPMSS = new(test.MSS)
	} else if test.Protocol == TCP {
		s.TCPMSSDefault = new(mss)
	}
	s.TargetBitrate, s.SockBufsize = test.rate(), test.Window
	s.TestStart = &TestStart{
		Protocol:   map[Protocol]string{TCP: "TCP", UDP: "UDP"}[test.Protocol],
		NumStreams: test.Streams, BlkSize: test.BlockSize,
		Omit: int64(test.Omit / time.Second), Duration: test.Duration.Seconds(),
		Bytes: test.Bytes, Blocks: test.Blocks, Reverse: number(test.Reverse),
		TargetBitrate: test.rate(), Bidir: number(test.Bidirectional),
		Interval: max(test.Interval, 0).Seconds(),
	}
	t.result.Title, t.result.ExtraData = test.Title, test.ExtraData
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
