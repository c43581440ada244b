package entropy_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/entropy/health"
)

// FuzzInterleavings has pushers, readers, examiners and copies at work at the same time, as the
// bytes say, on sources of which some are faulty, and holds what must always be so: reads are
// whole, nothing is served before ready, no source is credited more than it claims, no event is
// lost uncounted.
func FuzzInterleavings(f *testing.F) {
	f.Add([]byte("prepsgcrpe"), uint8(0))
	f.Add([]byte("rrrrggggrrrr"), uint8(1))
	f.Add([]byte("pppppppppppppppprs"), uint8(2))
	f.Add([]byte("eeeeecccc"), uint8(3))
	f.Add([]byte("sgsgsgrcr"), uint8(4))
	f.Fuzz(func(t *testing.T, steps []byte, fault uint8) {
		if len(steps) > 64 {
			steps = steps[:64]
		}
		g := &entropytest.Generation{}
		third := entropytest.Good(entropytest.Spec("third", 32, 32000), 3)
		faults := []entropy.Source{third, entropytest.Stuck(third, 500), entropytest.Dying(third, 700),
			entropytest.Repeating(third, 9, 100), entropytest.Replay(third.Spec(), steps)}
		s := compose(t, entropy.Config{Generations: []entropy.Generation{g},
			Sources: append(pair(), faults[int(fault)%len(faults)]), Events: []string{"x", "y"}})
		st := s.Stream("fuzz")
		var pushed atomic.Uint64
		var work sync.WaitGroup
		for worker := range 3 {
			work.Go(func() {
				for i, step := range steps {
					if i%3 == worker || step < 'c' {
						act(t, s, st, g, step, &pushed)
					}
				}
			})
		}
		work.Wait()
		s.Close()
		got := s.Status()
		var taken uint64
		for _, source := range got.Sources {
			if source.Kind == "ambient" {
				taken += source.Symbols
				continue
			}
			tested := max(int(source.Symbols)-health.StartupSymbols, 0)
			if limit := float64(tested) * source.Allowed; float64(source.CreditedBits) > limit {
				t.Errorf("%s is credited %d bits for %d symbols", source.Name, source.CreditedBits,
					source.Symbols)
			}
		}
		if waiting := pushed.Load() - got.DroppedEvents - taken; waiting > entropy.EventsMax {
			t.Errorf("%d pushed, %d dropped, %d taken", pushed.Load(), got.DroppedEvents, taken)
		}
	})
}

// act does what one byte says.
func act(t *testing.T, s *entropy.System, st *entropy.Stream, g *entropytest.Generation, step byte,
	pushed *atomic.Uint64) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch step {
	case 'r':
		p := make([]byte, 100)
		n, err := st.Read(p)
		if n != len(p) || err != nil {
			t.Errorf("Read = %d, %v", n, err)
		}
	case 'e':
		s.Examine(ctx, "third", 300)
	case 's':
		if st := s.Status(); st.Ready && st.Reseeds == 0 {
			t.Errorf("ready without a seed: %+v", st)
		}
	case 'g':
		g.Copy()
	case 'c':
		cancel()
		if n, err := st.ReadContext(ctx, make([]byte, 10)); (n == 10) != (err == nil) {
			t.Errorf("ReadContext = %d, %v", n, err)
		}
	default:
		for range int(step) {
			s.Push(entropy.Event{Source: step % 3, N: step, Time: uint64(step)})
			pushed.Add(1)
		}
	}
}
