package entropytest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
)

// Limits of [Conform].
const (
	conformSymbols = 20_000          // tested, if the source is fast enough
	conformTime    = 5 * time.Second // for them; but at least the start-up symbols are wanted
	conformPrompt  = time.Second     // for a sample of a source that calls itself prompt
	conformCancel  = 5 * time.Second // for a sample whose context has ended
	conformBytes   = 1024            // a sample
)

// Conform runs a source through all that package entropy expects of one. Open returns a new
// instance, as a new run of the program would have it; it is called three times. A source that is
// absent on this machine skips the test.
//
// What it cannot see is whether the claim is true: for that, collect a million symbols and have
// them assessed.
func Conform(t testing.TB, open func() entropy.Source) {
	t.Helper()
	c := &conformance{t: t, source: open()}
	c.spec = c.source.Spec()
	if err := c.spec.Check(); err != nil {
		t.Errorf("Spec is impossible: %v", err)
		return
	}
	c.size = c.spec.SymbolBytes()
	first := c.sample(conformBytes)
	if t.Failed() || t.Skipped() {
		return
	}
	c.lengths()
	c.keepsNothing()
	c.cancelled()
	c.healthy()
	c.restarts(open)
	if again := c.source.Spec(); again != c.spec {
		t.Errorf("Spec was %+v and is %+v: it never changes", c.spec, again)
	}
	c.differs(first, open())
}

// conformance is a source under test.
type conformance struct {
	t      testing.TB
	source entropy.Source
	spec   entropy.Spec
	size   int // of a symbol
}

// guard fills what a source must not touch.
const guard = 0xa5

// sample samples once into length bytes with a guard behind them, and checks what comes.
func (c *conformance) sample(length int) []byte {
	c.t.Helper()
	buffer := bytes.Repeat([]byte{guard}, length+16)
	begin := time.Now()
	n, err := c.source.Sample(context.Background(), buffer[:length])
	took := time.Since(begin)
	var absent *entropy.AbsentError
	switch {
	case errors.As(err, &absent):
		c.t.Skipf("%s: %v", c.spec.Name, absent)
		return nil
	case err != nil:
		c.t.Errorf("Sample of %d bytes: %v", length, err)
	case n < 0 || n > length:
		c.t.Errorf("Sample of %d bytes returned %d", length, n)
		return nil
	case n%c.size != 0:
		c.t.Errorf("Sample of %d bytes returned %d: symbols have %d", length, n, c.size)
	case n == 0:
		c.t.Errorf("Sample of %d bytes returned none and no error", length)
	}
	if !bytes.Equal(buffer[length:], bytes.Repeat([]byte{guard}, 16)) {
		c.t.Errorf("Sample of %d bytes wrote behind them", length)
	}
	if c.spec.Prompt && took > conformPrompt {
		c.t.Errorf("Sample of %d bytes took %v: Spec says Prompt", length, took)
	}
	c.width(buffer[:max(n, 0)])
	return buffer[:max(n, 0)]
}

// width checks that symbols have no more bits than the spec says.
func (c *conformance) width(raw []byte) {
	c.t.Helper()
	for at := 0; at+c.size <= len(raw); at += c.size {
		var wide [8]byte
		copy(wide[:], raw[at:at+c.size])
		symbol := binary.LittleEndian.Uint64(wide[:])
		if c.spec.SymbolBits < 64 && symbol>>c.spec.SymbolBits != 0 {
			c.t.Errorf("symbol %#x has more than %d bits", symbol, c.spec.SymbolBits)
			return
		}
	}
}

// lengths asks for one symbol and for lengths that hold no whole number of symbols.
func (c *conformance) lengths() {
	for _, length := range []int{c.size, c.size + 1, 3*c.size - 1, 7 * c.size, 100, 512} {
		if length >= c.size {
			c.sample(length)
		}
	}
}

// keepsNothing checks that what was handed over is not written to later.
func (c *conformance) keepsNothing() {
	kept := c.sample(64)
	copied := bytes.Clone(kept)
	c.sample(64)
	if !bytes.Equal(kept, copied) {
		c.t.Errorf("a Sample wrote into the bytes of the Sample before")
	}
}

// cancelled checks that a sample that nobody wants ends.
func (c *conformance) cancelled() {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	begin := time.Now()
	n, err := c.source.Sample(ctx, make([]byte, conformBytes))
	if took := time.Since(begin); took > conformCancel {
		c.t.Errorf("Sample with a context that had ended took %v", took)
	}
	if n < 0 || n > conformBytes || n%c.size != 0 || n == 0 && err == nil {
		c.t.Errorf("Sample with a context that had ended returned %d, %v", n, err)
	}
}

// healthy holds a noise source to its claim.
func (c *conformance) healthy() {
	if c.spec.Kind != entropy.Noise {
		return
	}
	cutoffs, err := cutoff.For(c.spec.Claim, c.spec.SymbolBits)
	if err != nil {
		c.t.Errorf("claim: %v", err)
		return
	}
	monitor := health.New(cutoffs)
	begin := time.Now()
	for n := 0; n < conformSymbols; {
		raw := c.sample(conformBytes)
		if c.t.Failed() {
			return
		}
		monitor.Feed(raw)
		n += len(raw) / c.size
		if counts := monitor.Counts(); counts.Last.Test != health.TestNone {
			c.t.Errorf("claims %d/1000 bit a symbol; the %v test saw %d and allows %d, at symbol %d",
				c.spec.Claim, counts.Last.Test, counts.Last.Observed, counts.Last.Limit-1,
				counts.Last.Symbol)
			return
		}
		if time.Since(begin) > conformTime && n > health.StartupSymbols {
			return
		}
	}
}

// restarts checks that a source goes on after a restart.
func (c *conformance) restarts(open func() entropy.Source) {
	if r, ok := c.source.(entropy.Restarter); ok {
		if err := r.Restart(); err != nil {
			c.t.Errorf("Restart: %v", err)
		}
		c.sample(conformBytes)
	}
	fresh, ok := open().(entropy.Restarter)
	if ok && fresh.Restart() != nil {
		c.t.Errorf("Restart before the first Sample is an error")
	}
}

// differs checks that a new run does not see what an earlier one saw.
func (c *conformance) differs(first []byte, other entropy.Source) {
	if c.spec.Kind != entropy.Noise {
		return
	}
	source := c.source
	c.source = other
	second := c.sample(conformBytes)
	c.source = source
	if n := min(len(first), len(second)); n >= 64 && bytes.Equal(first[:n], second[:n]) {
		c.t.Errorf("two instances gave the same first %d bytes", n)
	}
}
