package virtual

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRun(t *testing.T) {
	var talk bytes.Buffer
	r := &Run{Stderr: &talk, Stop: new(atomic.Bool), name: "demo"}
	if r.Name() != "demo" || r.Failed() {
		t.Errorf("a new run is %q and failed: %v", r.Name(), r.Failed())
	}
	r.Helper()
	r.Output().Write([]byte("a service's log goes nowhere"))
	r.Errorf("no %s", "route")
	if !r.Failed() || talk.String() != "atoll: error: no route\n" {
		t.Errorf("after Errorf: failed %v, said %q", r.Failed(), talk.String())
	}
	// What fails after an interrupt fails because of it: the mark is enough.
	r.Stop.Store(true)
	talk.Reset()
	r.Errorf("read: closed")
	if talk.Len() > 0 {
		t.Errorf("after an interrupt Errorf says %q, want nothing", talk.String())
	}
}

// Cleanups run last first, those that a cleanup adds included.
func TestCleanups(t *testing.T) {
	var order []string
	note := func(s string) func() { return func() { order = append(order, s) } }
	r := &Run{}
	r.Cleanup(note("first"))
	r.Cleanup(func() { note("second")(); r.Cleanup(note("added")) })
	r.clean()
	if got := strings.Join(order, " "); got != "second added first" {
		t.Errorf("cleanups ran as %q, want second added first", got)
	}
}
