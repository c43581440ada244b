package lab

import (
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/atoll-os/atoll/prng"
)

// Test runs f in a bubble of its own with a lab in virtual time. f gets the bubble's own t. A
// watchdog in real time ends the process, with the names of the goroutines, if virtual time stands
// still for WatchdogPatience.
func Test(t *testing.T, f func(t *testing.T, l *Lab), opts ...Option) {
	t.Helper()
	dog := watch(replayLine(t, seedFor(t)))
	defer dog.stop()
	synctest.Test(t, func(t *testing.T) {
		l := New(t, append([]Option{Virtual(), artifacts(t)}, opts...)...)
		t.Attr("seed", fmt.Sprintf("%#x", l.Seed()))
		dog.guard(l)
		defer l.Close()
		f(t, l)
	})
}

// Seeds runs f for n seeds, each as a parallel subtest "seed=0x…" with a bubble and a lab of its
// own. ATOLL_SEEDS changes n; ATOLL_SEED leaves one. What Lab.Sometimes asks for must hold in one
// of the runs.
func Seeds(t *testing.T, n int, f func(t *testing.T, l *Lab), opts ...Option) {
	t.Helper()
	seeds, err := seedsFor(t, n)
	if err != nil {
		t.Fatal(err)
	}
	seen := &sometimes{}
	t.Run("seeds", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprintf("seed=%#x", seed), func(t *testing.T) {
				t.Parallel()
				Test(t, f, append([]Option{Seed(seed), together(seen)}, opts...)...)
			})
		}
	})
	for _, what := range seen.never() {
		t.Errorf("%s: held in none of %d runs", what, len(seeds))
	}
}

func together(s *sometimes) Option { return func(o *options) { o.sometimes = s } }

// seedsFor returns the seeds of a test: the one of ATOLL_SEED, or n that follow from its name.
func seedsFor(t *testing.T, n int) ([]uint64, error) {
	if v := os.Getenv("ATOLL_SEED"); v != "" && v != "random" {
		seed, err := strconv.ParseUint(v, 0, 64)
		return []uint64{seed}, err
	}
	if v := os.Getenv("ATOLL_SEEDS"); v != "" {
		var err error
		if n, err = strconv.Atoi(v); err != nil || n < 1 {
			return nil, fmt.Errorf("lab: ATOLL_SEEDS=%q is not a number of seeds", v)
		}
	}
	from := prng.New(seedFor(t))
	seeds := make([]uint64, n)
	for i := range seeds {
		seeds[i] = from.Uint64() >> 16
	}
	return seeds, nil
}

// seedFor returns the seed that ATOLL_SEED, or the test's name, stands for.
func seedFor(t T) uint64 {
	v := os.Getenv("ATOLL_SEED")
	if seed, err := strconv.ParseUint(v, 0, 64); err == nil {
		return seed
	}
	if v == "random" {
		return randomSeed()
	}
	// A subtest of Seeds is named for its seed.
	if i := strings.LastIndex(t.Name(), "seed="); i >= 0 {
		if seed, err := strconv.ParseUint(t.Name()[i+len("seed="):], 0, 64); err == nil {
			return seed
		}
	}
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return h.Sum64() >> 16 // short enough to type
}
