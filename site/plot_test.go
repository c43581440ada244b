package site

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/sample"
)

var rewrite = flag.Bool("rewrite", false, "BenchmarkEdition: draw its plot anew")

// plotFile is where somebody who asks how fast it is looks.
const plotFile = "testdata/advisories.svg"

// BenchmarkEdition makes a signed tree and its pages, each by itself, of more and more records. It
// shows that the time grows as their number does, and with -rewrite draws it:
//
//	go test ./site -run - -bench Edition -benchtime 2x -rewrite
func BenchmarkEdition(b *testing.B) {
	key, err := sign.Generate("Sample", "", sample.Date.AddDate(0, -1, 0),
		rand.NewChaCha8([32]byte{1}))
	if err != nil {
		b.Fatal(err)
	}
	counts := []int{500, 1000, 2000, 3000, 4000, 5000}
	lines := []line{{name: "export, signed", colour: "#2563eb"}, {name: "website", colour: "#c2410c"}}
	for _, n := range counts {
		public := sample.Public(n)
		tree, err := export.Build(public, export.Options{Key: key})
		if err != nil {
			b.Fatal(err)
		}
		for i, run := range []func() error{
			func() error { _, err := export.Build(public, export.Options{Key: key}); return err },
			func() error { _, err := Build(Input{Public: public, Files: tree.Files}); return err },
		} {
			b.Run(fmt.Sprintf("%s/records=%d", strings.TrimSuffix(lines[i].name, ", signed"), n),
				func(b *testing.B) {
					begin := processor(b)
					for b.Loop() {
						if err := run(); err != nil {
							b.Fatal(err)
						}
					}
					took := (processor(b) - begin) / time.Duration(b.N)
					b.ReportMetric(took.Seconds(), "cpu-s/edition")
					lines[i].points = append(lines[i].points, point{n, took.Seconds()})
				})
		}
	}
	if *rewrite {
		if err := os.WriteFile(plotFile, plot(lines), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}

// line is what one of the two took, in the order of the records.
type line struct {
	name, colour string
	points       []point
}

type point struct {
	records int
	seconds float64 // of a processor
}

// last leaves out the runs that a benchmark makes to find out how often it has to run.
func (l line) last() []point {
	var list []point
	for _, p := range l.points {
		if n := len(list); n > 0 && list[n-1].records == p.records {
			list[n-1] = p
			continue
		}
		list = append(list, p)
	}
	return list
}

// plot draws lines over the number of records, with a dashed one from nothing to the last point of
// each: on it everything would lie if the time were exactly in proportion.
func plot(lines []line) []byte {
	const width, height, left, top, right, bottom = 640, 360, 50, 44, 600, 310
	records, seconds := 0, 0.0
	for _, l := range lines {
		for _, p := range l.last() {
			records, seconds = max(records, p.records), max(seconds, p.seconds)
		}
	}
	steps := int(seconds) + 1
	x := func(n int) float64 { return left + float64(n)/float64(records)*(right-left) }
	y := func(s float64) float64 { return bottom - s/float64(steps)*(bottom-top) }
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-size=\"13\""+
		" font-family=\"sans-serif\" fill=\"#333\">\n<title>Processor time over the number of records"+
		"</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n", width, height)
	text := func(x, y float64, anchor, text string) {
		fmt.Fprintf(&b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, text)
	}
	text(left, 24, "start", fmt.Sprintf("Seconds of one processor, %s, %s/%s",
		time.Now().UTC().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH))
	for s := range steps + 1 {
		fmt.Fprintf(&b, "<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/>\n", left, y(float64(s)), right)
		text(left-8, y(float64(s))+4, "end", fmt.Sprint(s))
	}
	for n := 0; n <= records; n += 1000 {
		text(x(n), bottom+20, "middle", fmt.Sprint(n))
	}
	text((left+right)/2, bottom+40, "middle", "records")
	for _, l := range lines {
		var path strings.Builder
		list := l.last()
		end := list[len(list)-1]
		fmt.Fprintf(&b, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-dasharray=\"3 4\"/>\n",
			x(0), y(0), x(end.records), y(end.seconds), l.colour)
		for i, p := range list {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], x(p.records), y(p.seconds))
			fmt.Fprintf(&b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x(p.records),
				y(p.seconds), l.colour)
		}
		fmt.Fprintf(&b, "<path d=\"%s\" stroke=\"%s\" stroke-width=\"2\" fill=\"none\"/>\n",
			path.String(), l.colour)
		text(x(end.records), y(end.seconds)-10, "end", fmt.Sprintf("%s: %.1f s", l.name, end.seconds))
	}
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
