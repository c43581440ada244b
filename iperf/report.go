package iperf

import (
	"math"
	"net"
	"time"
)

// intervalsMax bounds how many intervals a Result keeps; an observer is told of all.
const intervalsMax = 20000

// directions returns the streams of the first direction and, if there are two, of the second.
func (t *transfer) directions() [][]*stream {
	if t.test.Bidirectional {
		n := t.test.Streams
		return [][]*stream{t.streams[:n], t.streams[n:]}
	}
	return [][]*stream{t.streams}
}

// report closes the intervals that end at now or before.
func (t *transfer) report(now time.Time) {
	elapsed := now.Sub(t.plan.start)
	for b := t.plan.next(t.off); b <= elapsed; b = t.plan.next(t.off) {
		marks := make([]mark, len(t.streams))
		for i, s := range t.streams {
			marks[i] = s.meter.take(now)
		}
		t.interval(b, marks)
		if b == t.plan.omit {
			for _, s := range t.streams {
				s.tcp.restart()
			}
		}
	}
}

// reportLast closes the interval in which the test ended. A short one without data, as is left at
// a server while the word of the end is under way, is not worth a line.
func (t *transfer) reportLast() {
	marks, moved := make([]mark, len(t.streams)), false
	for i, s := range t.streams {
		marks[i] = s.final
		moved = moved || s.final.bytes != s.last.bytes
	}
	if moved || t.total-t.off >= t.plan.interval/10 || len(t.result.Intervals) == 0 {
		t.interval(t.total, marks)
	}
}

// interval adds the interval from the last boundary to end, at which the streams had these marks.
func (t *transfer) interval(end time.Duration, marks []mark) {
	var iv Interval
	omitted, base := t.off < t.plan.omit, t.plan.omit
	if omitted {
		base = 0
	}
	for d, streams := range t.directions() {
		sum := SumInterval{Omitted: omitted, Sender: streams[0].sender}
		sum.Span = span(t.off-base, end-base, 0)
		udp := &udpSums{streams: len(streams)}
		for i, s := range streams {
			k := marks[d*t.test.Streams+i]
			diff := k.minus(s.last.totals)
			s.last = k
			si := StreamInterval{Socket: s.id, Omitted: omitted, Sender: s.sender}
			si.Span = span(t.off-base, end-base, diff.bytes)
			if t.test.Protocol == UDP {
				si.UDPSample = udpSample(s.sender, diff, k.jitter)
				udp.add(diff, k.jitter)
			} else if s.sender {
				si.TCPSample = t.tcpSample(s)
			}
			if si.TCPSample != nil {
				sum.Retransmits = addTo(sum.Retransmits, si.TCPSample.Retransmits)
			}
			sum.Bytes += diff.bytes
			iv.Streams = append(iv.Streams, si)
		}
		sum.Span = span(t.off-base, end-base, sum.Bytes)
		if t.test.Protocol == UDP {
			sum.UDPSample = udpSample(sum.Sender, udp.totals, udp.jitter())
		}
		if d == 0 {
			iv.Sum = sum
		} else {
			iv.SumBidirReverse = &sum
		}
	}
	t.off = end
	if len(t.result.Intervals) < intervalsMax {
		t.result.Intervals = append(t.result.Intervals, iv)
	}
	t.local.observe(Event{Kind: EventInterval, Result: t.result, Interval: &iv})
}

// tcpSample asks a sending stream's connection about itself, nil if it does not answer.
func (t *transfer) tcpSample(s *stream) *TCPSample {
	info, ok := t.stats(s)
	if !ok {
		return nil
	}
	return &TCPSample{
		Retransmits: s.tcp.sample(info),
		SndCwnd:     info.CongestionWindow,
		SndWnd:      info.SendWindow,
		RTT:         info.RTT.Microseconds(),
		RTTVar:      info.RTTVar.Microseconds(),
		PMTU:        info.PathMTU,
		Reorder:     info.Reordering,
	}
}

// udpSums adds up what the streams of one direction have counted.
type udpSums struct {
	totals
	jitters float64
	streams int
}

func (u *udpSums) add(t totals, jitter float64) {
	u.packets += t.packets
	u.lost += t.lost
	u.jitters += jitter
}

// jitter returns the mean over the streams.
func (u *udpSums) jitter() float64 { return u.jitters / float64(u.streams) }

func udpSample(sender bool, t totals, jitter float64) *UDPSample {
	if sender {
		return &UDPSample{Packets: t.packets}
	}
	return &UDPSample{
		JitterMS:    new(jitter * 1000),
		LostPackets: new(t.lost),
		Packets:     t.packets,
		LostPercent: new(percent(t.lost, t.packets)),
	}
}

// span returns n bytes from one time to another. Times are rounded to microseconds, as iperf3 has
// them.
func span(from, to time.Duration, n int64) Span {
	s := Span{Start: micros(from), End: micros(to), Seconds: micros(to - from), Bytes: n}
	if s.Seconds > 0 {
		s.BitsPerSecond = float64(n) * 8 / s.Seconds
	}
	return s
}

func micros(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }

// percent returns the share of n in total, 0 of nothing.
func percent(n, total int64) float64 {
	if total <= 0 {
		return 0
	}
	return 100 * float64(n) / float64(total)
}

func addTo(sum *int64, n int64) *int64 {
	if sum != nil {
		n += *sum
	}
	return &n
}

// connected describes a stream.
func connected(s *stream) Connected {
	c := Connected{Socket: s.id}
	c.LocalHost, c.LocalPort = hostPort(s.conn.LocalAddr())
	c.RemoteHost, c.RemotePort = hostPort(s.conn.RemoteAddr())
	return c
}

// hostPort takes a network address apart. One that is not IP is returned whole.
func hostPort(a net.Addr) (string, int) {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.String(), a.Port
	case *net.UDPAddr:
		return a.IP.String(), a.Port
	}
	return a.String(), 0
}
