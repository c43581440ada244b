package iperf

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// discard is a stream's connection that takes everything.
type discard struct{ udpFlow }

func (*discard) Write(b []byte) (int, error) { return len(b), nil }

// The way of a block and of a datagram allocates nothing.
func TestNoAllocation(t *testing.T) {
	tr := newTransfer(&Test{Protocol: UDP, Streams: 1, BlockSize: 1460}, &Local{}, false)
	out := tr.add(&discard{})
	in := newStream(1, false, &discard{})
	tr.plan = plan{start: time.Now()}
	out.meter.begin(&tr.plan)
	in.meter.begin(&tr.plan)
	s := &udpSender{stream: out, pacer: tr.pacer(), block: tr.block}
	if n := testing.AllocsPerRun(100, func() {
		now := time.Now()
		s.pacer.wait(now.Sub(tr.plan.start))
		tr.sendDatagram(s, now, now.Sub(tr.plan.start))
		tr.datagram(in, s.block)
		out.meter.add(now, 1, 0)
	}); n != 0 {
		t.Errorf("%v allocations a datagram, want none", n)
	}
	if in.meter.total() == 0 || in.meter.now.lost != 0 {
		t.Errorf("received %+v of what was sent", in.meter.now)
	}
}

// One TCP stream over the kernel's loopback.
func BenchmarkTCP(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- (&Server{OneOff: true}).Serve(b.Context(), l) }()
	c := &Client{Dialer: &net.Dialer{}, Addr: l.Addr().String(), Cookie: prng.New(1)}
	b.SetBytes(blockSizeDefault)
	b.ReportAllocs()
	r, err := c.Run(b.Context(), Test{Blocks: int64(b.N)})
	if err = errors.Join(err, <-served); err != nil {
		b.Fatal(err)
	}
	if got := r.End.SumReceived.Bytes; got != int64(b.N)*blockSizeDefault {
		b.Errorf("%d bytes received, want all %d", got, b.N*blockSizeDefault)
	}
}
