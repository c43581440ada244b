package site

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/internal/sample"
)

// processor returns how long this process has had a processor: other programs on the machine do
// not count, as they would in time on a clock.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBuild shows that the time of a build grows as the number of records does.
func BenchmarkBuild(b *testing.B) {
	for _, n := range []int{1250, 2500, 5000} {
		in := Input{Public: sample.Public(n)}
		b.Run(fmt.Sprintf("records=%d", n), func(b *testing.B) {
			begin := processor(b)
			for b.Loop() {
				if _, err := Build(in); err != nil {
					b.Fatal(err)
				}
			}
			perRecord := (processor(b) - begin) / time.Duration(b.N*n)
			b.ReportMetric(float64(perRecord.Nanoseconds())/1000, "cpu-µs/record")
		})
	}
}

// BenchmarkSearch is one search without script among 5,000 records.
func BenchmarkSearch(b *testing.B) {
	files, err := Build(Input{Public: sample.Public(5000)})
	if err != nil {
		b.Fatal(err)
	}
	h := Handler(files, Options{Rate: -1})
	const target = "/advisories/?module=example.org/module7&version=1.3.0"
	for b.Loop() {
		if r := ask(h, "GET", target); r.StatusCode != 200 {
			b.Fatal(r.Status)
		}
	}
}

// BenchmarkHandler serves the same files over loopback by the handler and by http.FileServer, in
// turns, and reports how many times as fast the handler is.
func BenchmarkHandler(b *testing.B) {
	files := website(b)
	dir := b.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	ours := httptest.NewServer(Handler(files, Options{Rate: 1e9, Burst: 1e9}))
	defer ours.Close()
	theirs := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer theirs.Close()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	fetch := func(base string) time.Duration {
		begin := time.Now()
		for _, f := range files {
			if filepath.Base(f.Path) == "index.html" {
				continue // http.FileServer would send them elsewhere
			}
			r, err := client.Get(base + "/" + f.Path)
			if err != nil {
				b.Fatal(err)
			}
			if n, _ := io.Copy(io.Discard, r.Body); r.StatusCode != 200 || n == 0 {
				b.Fatalf("%s: %s, %d bytes", f.Path, r.Status, n)
			}
			r.Body.Close()
		}
		return time.Since(begin)
	}
	var us, them time.Duration
	for b.Loop() {
		us += fetch(ours.URL)
		them += fetch(theirs.URL)
	}
	b.ReportMetric(float64(them)/float64(us), "×FileServer")
}
