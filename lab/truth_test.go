package lab

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// goodput sends for a time over one link and returns what the receiver got in it, after the first
// second, in Mbit/s.
func goodput(t *testing.T, seed uint64, d time.Duration, o tcp.Options,
	link ...fault.Value) float64 {
	t.Helper()
	var first, all int64
	synctest.Test(t, func(t *testing.T) {
		l := New(t, Virtual(), Seed(seed), TCP(o))
		sink := func(ctx context.Context, m *unikernel.Machine) error {
			ln, err := m.Net.Listen("tcp", ":9")
			if err != nil {
				return err
			}
			c, err := ln.Accept()
			if err != nil {
				return err
			}
			buf := make([]byte, 1<<16)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return nil
				}
				all += int64(n)
				if l.Now() < time.Second {
					first = all
				}
			}
		}
		a, b := l.Host("a", nil), l.Host("b", sink)
		l.Link(a, b, link...)
		c, err := a.Dial("tcp", "b:9")
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(d - l.Now()))
		buf := make([]byte, 1<<16)
		for err == nil {
			_, err = c.Write(buf)
		}
		l.network.Fail()
		l.Close()
	})
	return float64(all-first) * 8 / (d - time.Second).Seconds() / 1e6
}

// median runs five seeds.
func median(t *testing.T, d time.Duration, o tcp.Options, link ...fault.Value) float64 {
	var rates []float64
	for seed := range uint64(5) {
		rates = append(rates, goodput(t, seed, d, o, link...))
	}
	slices.Sort(rates)
	return rates[2]
}

// Where Linux and gVisor both lie: RTT 20 ms, MTU 1500, unlimited rate, independent loss in each
// direction, CUBIC, 60 s, median of five seeds.
func TestGoodputUnderLossIsThatOfLinux(t *testing.T) {
	if raceEnabled {
		t.Skip("figures, not races")
	}
	o := tcp.Options{SendBuffer: 4 << 20, ReceiveBuffer: 4 << 20}
	for _, c := range []struct {
		loss, low, high float64
	}{{0.001, 20, 30}, {0.01, 5.7, 9}, {0.03, 2.2, 3.6}} {
		got := median(t, time.Minute, o, fault.Delay(10*time.Millisecond), fault.Loss(c.loss))
		t.Logf("%g %% loss: %.2f Mbit/s", 100*c.loss, got)
		if got < c.low || got > c.high {
			t.Errorf("goodput at %g %% loss is %.2f Mbit/s, want %g to %g", 100*c.loss, got, c.low, c.high)
		}
	}
	got := goodput(t, 1, time.Minute, o, fault.Delay(10*time.Millisecond), fault.Rate(100*fault.Mbit),
		fault.Queue(250_000))
	t.Logf("0 %% loss, 100 Mbit/s, one BDP of queue: %.2f Mbit/s", got)
	if got <= 93 {
		t.Errorf("goodput on a clean link of 100 Mbit/s is %.2f, want above 93", got)
	}
}

func goodputRow(t *testing.T, cc tcp.CongestionControl, rtt time.Duration, queue int) string {
	row := fmt.Sprintf("%-8v rtt %5v  queue %3d KiB ", cc, rtt, queue>>10)
	for _, loss := range []float64{0, 0.001, 0.01, 0.05} {
		r := goodput(t, 1, 10*time.Second,
			tcp.Options{Congestion: cc, SendBuffer: 4 << 20, ReceiveBuffer: 4 << 20},
			fault.Delay(rtt/2), fault.Rate(100*fault.Mbit), fault.Queue(queue), fault.Loss(loss))
		row += fmt.Sprintf("  %4g%%: %6.2f", 100*loss, r)
	}
	return row + "\n"
}

// A change of TCP's behaviour shows here as a changed number.
func TestGoodputTable(t *testing.T) {
	if raceEnabled {
		t.Skip("figures, not races")
	}
	var rows []*string
	t.Run("cells", func(t *testing.T) {
		for _, cc := range []tcp.CongestionControl{tcp.CUBIC, tcp.NewReno} {
			for _, rtt := range []time.Duration{2, 20, 100} {
				for _, queue := range []int{32 << 10, 256 << 10} {
					row := new(string)
					rows = append(rows, row)
					t.Run("", func(t *testing.T) {
						t.Parallel()
						*row = goodputRow(t, cc, rtt*time.Millisecond, queue)
					})
				}
			}
		}
	})
	b := "Mbit/s of goodput over 10 s on a link of 100 Mbit/s, by congestion control, round trip,\n" +
		"queue and loss in each direction\n\n"
	for _, row := range rows {
		b += *row
	}
	golden.Check(t, "testdata/goodput.txt", []byte(b))
}
