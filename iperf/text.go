package iperf

import (
	"fmt"
	"io"
	"strings"
)

// Text prints what iperf3 prints for people, line by line as it happens: its Event method is a
// Local.Observe. Errors are not printed.
type Text struct {
	w         io.Writer
	err       error
	start     *Start
	server    bool
	intervals int
}

// NewText returns a Text that prints to w.
func NewText(w io.Writer) *Text { return &Text{w: w} }

// Err returns the first error of the writer.
func (t *Text) Err() error { return t.err }

// WriteText prints the whole of r to w, as a Text does during the test.
func (r *Result) WriteText(w io.Writer) error {
	t := NewText(w)
	if r.Start.TestStart != nil {
		t.Event(Event{Kind: EventStart, Result: r})
	}
	for i := range r.Intervals {
		t.Event(Event{Kind: EventInterval, Result: r, Interval: &r.Intervals[i]})
	}
	if r.End.Streams != nil {
		t.Event(Event{Kind: EventEnd, Result: r})
	}
	return t.err
}

// ServerBanner returns the three lines a server prints before its n-th test, from 1.
func ServerBanner(port, n int) string {
	line := strings.Repeat("-", 59) + "\n"
	return fmt.Sprintf("%sServer listening on %d (test #%d)\n%s", line, port, n, line)
}

// Event prints what has happened.
func (t *Text) Event(e Event) {
	switch e.Kind {
	case EventStart:
		t.start, t.server, t.intervals = &e.Result.Start, e.Result.Start.AcceptedConnection != nil, 0
		t.printStart()
	case EventInterval:
		t.printInterval(e.Interval)
		t.intervals++
	case EventEnd:
		t.printEnd(e.Result)
	}
}

func (t *Text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format, args...)
	}
}

const rule = "- - - - - - - - - - - - - - - - - - - - - - - - -\n"

func (t *Text) udp() bool   { return t.start.TestStart.Protocol == "UDP" }
func (t *Text) bidir() bool { return t.start.TestStart.Bidir == 1 }

// sums says whether [SUM] lines are printed.
func (t *Text) sums() bool { return t.start.TestStart.NumStreams > 1 }

// role names a direction where there are two.
func (t *Text) role(sender bool) string {
	switch {
	case !t.bidir():
		return ""
	case sender && t.server:
		return "[TX-S]"
	case sender:
		return "[TX-C]"
	case t.server:
		return "[RX-S]"
	}
	return "[RX-C]"
}

func (t *Text) printStart() {
	s := t.start
	if a := s.AcceptedConnection; a != nil {
		t.printf("Accepted connection from %s, port %d\n", a.Host, a.Port)
	}
	if c := s.ConnectingTo; c != nil {
		t.printf("Connecting to host %s, port %d\n", c.Host, c.Port)
		if s.TestStart.Reverse == 1 {
			t.printf("Reverse mode, remote host %s is sending\n", c.Host)
		}
	}
	for _, c := range s.Connected {
		t.printf("[%3d] local %s port %d connected to %s port %d\n",
			c.Socket, c.LocalHost, c.LocalPort, c.RemoteHost, c.RemotePort)
	}
}

// header prints the names of the columns.
func (t *Text) header(columns string) {
	role := ""
	if t.bidir() {
		role = "[Role]"
	}
	t.printf("[ ID]%s Interval           Transfer     Bitrate%s\n", role, columns)
}

// row prints what all lines have in common, and then the rest.
func (t *Text) row(id int, sender bool, s Span, format string, args ...any) {
	name := "[SUM]"
	if id > 0 {
		name = fmt.Sprintf("[%3d]", id)
	}
	t.printf("%s%s %6.2f-%-6.2f sec  %ss  %ss/sec%s\n", name, t.role(sender), s.Start, s.End,
		bytesText(float64(s.Bytes)), bitsText(s.BitsPerSecond), fmt.Sprintf(format, args...))
}

// bytesText prints an amount in steps of 1024, bitsText a rate in steps of 1000, both in four
// digits at most. Plurals are the caller's.
func bytesText(n float64) string { return quantity(n, 1024, "Byte") }
func bitsText(n float64) string  { return quantity(n, 1000, "bit") }

func quantity(n, step float64, unit string) string {
	prefix := 0
	for n >= step && prefix < 4 {
		n /= step
		prefix++
	}
	digits := 2
	switch { // what would be rounded up to one more digit has one less behind the point
	case n >= 99.95:
		digits = 0
	case n >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%4.*f %s%s", digits, n, [...]string{"", "K", "M", "G", "T"}[prefix], unit)
}
