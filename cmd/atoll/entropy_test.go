package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/overlay"
)

// examinedAlone is the status of a system with one source, after its test, as people read it.
func examinedAlone(t *testing.T, s entropy.Source) string {
	t.Helper()
	system, err := entropy.New(entropy.Config{Sources: []entropy.Source{s}})
	if err != nil {
		t.Fatal(err)
	}
	defer system.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	examine(ctx, system, 0, s.Spec())
	status, out := system.Status(), &bytes.Buffer{}
	if err := showStatus(out, &status); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A processor that returns one stale value in 800 is named, whatever single values look like.
func TestStatusFindsStaleInstruction(t *testing.T) {
	spec := entropytest.Spec("stale", 32, 32000)
	out := examinedAlone(t, entropytest.Repeating(entropytest.Good(spec, 1), 2, 800))
	for _, want := range []string{"not ready: ", "stale: repetition 2 of at most 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "healthy") {
		t.Errorf("20000 symbols hold some 25 equal pairs, yet the source counts as healthy:\n%s", out)
	}
}

// One source that nobody trusts alone does not make a system ready, and the status says so.
func TestStatusOfOneGoodSource(t *testing.T) {
	out := examinedAlone(t, entropytest.Good(entropytest.Spec("good", 32, 32000), 1))
	for _, want := range []string{"not ready: ", "from 1 of 2 noise sources", "healthy",
		"told by nothing"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in:\n%s", want, out)
		}
	}
}

// Raw symbols come from a source until there are enough, it ends, or somebody interrupts.
func TestDraw(t *testing.T) {
	good := entropytest.Good(entropytest.Spec("good", 16, 1000), 1)
	total := 0
	count := func(raw []byte) error { total += len(raw); return nil }
	if err := draw(context.Background(), good, 3000, count); err != nil || total != 6000 {
		t.Errorf("3000 symbols of 2 bytes: got %d bytes, error %v", total, err)
	}
	dying := entropytest.Dying(good, 100)
	err := draw(context.Background(), dying, 3000, count)
	if !errors.Is(err, entropytest.ErrDead) {
		t.Errorf("a source that ended: error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := draw(ctx, good, 1, count); err == nil || err.Error() != "interrupted" {
		t.Errorf("after an interrupt: error %v", err)
	}
	full := errors.New("disk is full")
	err = draw(context.Background(), good, 1, func([]byte) error { return full })
	if !errors.Is(err, full) {
		t.Errorf("when nothing can be written: error %v", err)
	}
}

// The lowest bits of a wide symbol are asked for what a true claim leaves them.
func TestLowClaim(t *testing.T) {
	for _, c := range []struct {
		name  string
		claim health.Claim
		want  float64
	}{{"all bits", 32000, 8}, {"little", 125, 0.125}, {"others may hold it", 20000, 0}} {
		spec := entropy.Spec{SymbolBits: 32, Claim: c.claim}
		if got := lowClaim(spec, 8); got != c.want {
			t.Errorf("%s: the lowest 8 of 32 bits with claim %d: %g, want %g", c.name, c.claim, got,
				c.want)
		}
	}
}

// The status says whose random numbers TLS has.
func TestUnderTLS(t *testing.T) {
	for _, c := range []struct {
		s    overlay.Status
		want string
	}{
		{overlay.Status{}, "the operating system's; "},
		{overlay.Status{Compiled: true, BeforeInstall: 2}, "the operating system's; "},
		{overlay.Status{Compiled: true, Installed: true, BeforeInstall: 2}, "a system's; 2 draws before"},
	} {
		if got := underTLS(c.s); !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: %s, want %s...", c.s, got, c.want)
		}
	}
}
