package image

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/atoll-os/atoll/kernel"
)

// TestGuestFuzzesCalls: a guest makes random system calls with bad pointers, two million in CI, and
// the kernel stays up.
func TestGuestFuzzesCalls(t *testing.T) {
	calls, seeds := 20000, 1
	if os.Getenv("ATOLL_GUESTS") == "required" {
		calls, seeds = 500000, 4
	}
	file := imageFile(t, guests+"calls")
	for seed := range seeds {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			console, code := runGuest(t, file, "64", fmt.Sprintf("-- %d %d", seed, calls))
			if code != status(0) || !strings.Contains(console, fmt.Sprint("made ", calls, " calls")) {
				t.Fatalf("status %d, console:\n%.4000q", code, console)
			}
			t.Logf("%s", console[strings.LastIndex(console, "made "):])
		})
	}
}

// hangsAfter is when a machine that would take a second is said to hang.
const hangsAfter = 20 * time.Second

// TestDenySweep denies one system call at a time to a program that uses all of the Go runtime, and
// compares what it needs with testdata/deny.txt: with a new Go release, a difference says what
// the kernel must serve.
func TestDenySweep(t *testing.T) {
	if os.Getenv("ATOLL_GUESTS") != "sweep" {
		t.Skip("takes minutes: ATOLL_GUESTS=sweep go test ./image -run TestDenySweep")
	}
	file := imageFile(t, guests+"work")
	want, _ := runGuest(t, file, "64", "")
	calls := kernel.Calls()
	outcome := make([]string, len(calls))
	var all sync.WaitGroup
	turn := make(chan bool, 2)
	for i, c := range calls {
		all.Go(func() {
			turn <- true
			defer func() { <-turn }()
			console, code, hangs := tryGuest(t, hangsAfter, file, "64",
				fmt.Sprintf("kernel.deny=%d", c.Number))
			switch {
			case hangs:
				outcome[i] = "needed: it hangs"
			case code != status(0) || console != want:
				outcome[i] = "needed"
			default:
				outcome[i] = "not needed"
			}
		})
	}
	all.Wait()
	var table strings.Builder
	for i, c := range calls {
		fmt.Fprintf(&table, "%d %s: %s\n", c.Number, c.Name, outcome[i])
	}
	golden := filepath.Join("testdata", "deny.txt")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(table.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != table.String() {
		t.Errorf("%s differs; it would be\n%s", golden, &table)
	}
}
