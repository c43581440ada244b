package entropy

import (
	"crypto/rand"
	"fmt"
	"testing"

	"github.com/atoll-os/atoll/entropy/internal/still"
)

func BenchmarkStream(b *testing.B) {
	s, err := New(Config{Still: &still.Mode{}, Generations: []Generation{new(fakeGeneration)}})
	if err != nil {
		b.Fatal(err)
	}
	s.stripes = stripes()
	for _, n := range []int{32, 1024, 65536} {
		p := make([]byte, n)
		st := s.Stream("bench")
		b.Run(fmt.Sprintf("%d/atoll", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				st.Read(p)
			}
		})
		b.Run(fmt.Sprintf("%d/parallel", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.RunParallel(func(pb *testing.PB) {
				p := make([]byte, n)
				for pb.Next() {
					st.Read(p)
				}
			})
		})
		b.Run(fmt.Sprintf("%d/cryptorand", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			for b.Loop() {
				rand.Read(p)
			}
		})
	}
}
