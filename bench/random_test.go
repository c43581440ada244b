package bench

import (
	"context"
	"crypto/rand"
	"io"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/source"
)

// randomSizes are how much is read at once.
var randomSizes = []struct {
	name  string
	bytes int
}{{"32B", 32}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}}

// randomReaders returns what is compared: a stream of this machine's sources, and the standard
// library's reader.
func randomReaders(b *testing.B) []struct {
	name string
	from io.Reader
} {
	b.Helper()
	system, err := entropy.New(entropy.Config{Sources: source.Machine(),
		Generations: source.Generations(),
		Policy:      entropy.Policy{Trust: []string{source.Getrandom().Spec().Name}}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { system.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := system.Wait(ctx); err != nil {
		b.Fatal(err)
	}
	return []struct {
		name string
		from io.Reader
	}{{"atoll", system.Stream("benchmark")}, {"cryptorand", rand.Reader}}
}

// BenchmarkRandom measures reads by one goroutine. Run it with -cpu 1 for the figures of one core.
func BenchmarkRandom(b *testing.B) {
	readers := randomReaders(b)
	for _, size := range randomSizes {
		b.Run(size.name, func(b *testing.B) {
			for _, r := range readers {
				b.Run(r.name, func(b *testing.B) {
					buffer := make([]byte, size.bytes)
					b.SetBytes(int64(size.bytes))
					b.ReportAllocs()
					for b.Loop() {
						if _, err := r.from.Read(buffer); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// BenchmarkRandomParallel measures reads of one stream by as many goroutines as there are
// processors: run it with -cpu 1,2,4 to see that they do not wait for each other.
func BenchmarkRandomParallel(b *testing.B) {
	readers := randomReaders(b)
	for _, size := range randomSizes {
		b.Run(size.name, func(b *testing.B) {
			for _, r := range readers {
				b.Run(r.name, func(b *testing.B) {
					b.SetBytes(int64(size.bytes))
					b.ReportAllocs()
					b.RunParallel(func(pb *testing.PB) {
						buffer := make([]byte, size.bytes)
						for pb.Next() {
							if _, err := r.from.Read(buffer); err != nil {
								b.Error(err)
								return
							}
						}
					})
				})
			}
		})
	}
}
