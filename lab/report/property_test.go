package report_test

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/lab/report"
)

var (
	anyText = rapid.OneOf(rapid.String(), rapid.SampledFrom(evil), rapid.Just(""),
		rapid.StringMatching(`h[0-9]{1,2}`), rapid.Just(long))
	anyTime = rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 1e10),
			rapid.SampledFrom([]int64{0, 1, math.MaxInt64, math.MinInt64})).Draw(t, "ns"))
	})
	anyValue = rapid.OneOf(rapid.Float64(), rapid.Float64Range(0, 1e9),
		rapid.SampledFrom([]float64{0, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64,
			5e-324, -1e-9, 1e15, 999.9e3}))
	anyPoint = rapid.Custom(func(t *rapid.T) report.Point {
		return report.Point{At: anyTime.Draw(t, "at"), Value: anyValue.Draw(t, "value")}
	})
	anyMark = rapid.Custom(func(t *rapid.T) report.Mark {
		return report.Mark{At: anyTime.Draw(t, "at"), Until: anyTime.Draw(t, "until"),
			Text: anyText.Draw(t, "text")}
	})
	anyPlot = rapid.Custom(func(t *rapid.T) report.Plot {
		p := report.Plot{Title: anyText.Draw(t, "title"),
			Unit: report.Unit(rapid.Uint8Range(0, 6).Draw(t, "unit"))}
		for range rapid.IntRange(0, 10).Draw(t, "series") {
			p.Series = append(p.Series, report.Series{Name: anyText.Draw(t, "name"),
				Step:   rapid.Bool().Draw(t, "step"),
				Points: rapid.SliceOfN(anyPoint, 0, 8).Draw(t, "points")})
		}
		return p
	})
	anyLink = rapid.Custom(func(t *rapid.T) report.Link {
		return report.Link{A: anyText.Draw(t, "a"), B: anyText.Draw(t, "b"),
			Label: anyText.Draw(t, "label"), Faults: anyText.Draw(t, "faults"),
			AtoB: report.Way{Frames: rapid.Uint64().Draw(t, "frames"),
				QueueMax: rapid.Int().Draw(t, "queue")}}
	})
	anyNode = rapid.Custom(func(t *rapid.T) report.Node {
		return report.Node{Name: anyText.Draw(t, "name"), Note: anyText.Draw(t, "note"),
			Kind: report.Kind(rapid.Uint8Range(0, 4).Draw(t, "kind"))}
	})
	anyLine = rapid.Custom(func(t *rapid.T) report.Line {
		return report.Line{At: anyTime.Draw(t, "at"), Host: anyText.Draw(t, "host"),
			Text: anyText.Draw(t, "text")}
	})
)

func drawRun(t *rapid.T) *report.Run {
	return &report.Run{
		Title: anyText.Draw(t, "title"), Verdict: anyText.Draw(t, "verdict"),
		OK: rapid.Bool().Draw(t, "ok"), Virtual: anyTime.Draw(t, "virtual"),
		Nodes: rapid.SliceOfN(anyNode, 0, 8).Draw(t, "nodes"),
		Links: rapid.SliceOfN(anyLink, 0, 12).Draw(t, "links"),
		Marks: rapid.SliceOfN(anyMark, 0, 6).Draw(t, "marks"),
		Plots: rapid.SliceOfN(anyPlot, 0, 2).Draw(t, "plots"),
		Log:   rapid.SliceOfN(anyLine, 0, 5).Draw(t, "log"),
	}
}

// Whatever a run holds, the files are well-formed, hold no number that is none, and are the same
// the second time.
func TestAnyRun(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRun(t)
		write := func() []byte {
			var b bytes.Buffer
			if err := report.HTML(&b, r); err != nil {
				t.Fatalf("HTML: %v", err)
			}
			return b.Bytes()
		}
		page := write()
		wellFormed(t, page)
		if !bytes.Equal(page, write()) {
			t.Fatalf("two pages of one run differ")
		}
		var b bytes.Buffer
		if err := report.Topology(&b, r); err != nil {
			t.Fatalf("Topology: %v", err)
		}
		wellFormed(t, b.Bytes())
		for i := range r.Plots {
			b.Reset()
			if err := report.SVG(&b, &r.Plots[i], r.Marks, r.Virtual); err != nil {
				t.Fatalf("SVG: %v", err)
			}
			wellFormed(t, b.Bytes())
		}
	})
}

func FuzzRun(f *testing.F) {
	for i, s := range evil {
		f.Add(s, evil[(i+1)%len(evil)], int64(i)*1e9, int64(1e9), float64(i)*1e5)
	}
	f.Add("h0", "h1", int64(math.MaxInt64), int64(math.MinInt64), math.Inf(-1))
	f.Fuzz(func(t *testing.T, a, b string, at, until int64, value float64) {
		mark := report.Mark{At: time.Duration(at), Until: time.Duration(until), Text: a}
		points := []report.Point{{At: 0, Value: 1}, {At: mark.At, Value: value},
			{At: mark.Until, Value: -value}}
		r := &report.Run{Title: a, Verdict: b, Virtual: mark.Until,
			Nodes: []report.Node{{Name: a, Note: b, Kind: report.Switch}},
			Links: []report.Link{{A: a, B: b, Label: a, Faults: b}}, Marks: []report.Mark{mark},
			Plots: []report.Plot{{Title: b, Unit: report.Seconds,
				Series: []report.Series{{Name: a, Points: points}, {Name: b, Step: true}}}},
			Log: []report.Line{{At: mark.At, Host: a, Text: b}}}
		wellFormed(t, html(t, r))
		wellFormed(t, topology(t, r))
		wellFormed(t, svg(t, &r.Plots[0], r))
	})
}

// worst is a run with more of everything than a page shows, made of the text that is the longest
// when it is escaped.
func worst() *report.Run {
	const many = 5000
	s := strings.Repeat("'", 2000)
	r := &report.Run{Title: s, Verdict: s, Seed: s, Replay: s, Virtual: many * time.Second}
	for i := range many {
		at := time.Duration(i) * time.Second
		r.Facts = append(r.Facts, report.Fact{Name: s, Value: s})
		r.Checks = append(r.Checks, report.Check{Text: s, Detail: s})
		r.Marks = append(r.Marks, report.Mark{At: at * 60, Until: at*60 + 9e9, Text: s})
		r.Log = append(r.Log, report.Line{At: at, Host: s, Text: s})
		name := strings.Repeat("'", i%150)
		r.Nodes = append(r.Nodes, report.Node{Name: name, Note: s[:i%90], Faults: s})
		r.Links = append(r.Links, report.Link{A: name, B: s[:i%24], Label: s[:i%70], Faults: s,
			AtoB: report.Way{Frames: 1}})
	}
	for range 20 {
		r.Tables = append(r.Tables, report.Table{Title: s, Columns: make([]report.Column, 50),
			Rows: [][]string{{s, s, s}, {s}, {s, s}, make([]string, 40), {s}}})
	}
	points := make([]report.Point, 100_000)
	n := noise(7)
	for i := range points {
		points[i] = report.Point{At: time.Duration(i) * many * 10_000, Value: n.next()}
		if i%3 == 0 {
			points[i].Value = math.NaN()
		}
	}
	for range 20 {
		p := report.Plot{Title: s}
		for j := range 12 {
			p.Series = append(p.Series, report.Series{Name: s, Points: points, Step: j%2 == 0})
		}
		r.Plots = append(r.Plots, p)
	}
	return r
}

func TestPageStaysSmall(t *testing.T) {
	start := time.Now()
	page := html(t, worst())
	wellFormed(t, page)
	t.Logf("the worst page: %d bytes in %v", len(page), time.Since(start))
	if len(page) > report.PageBytesMax {
		t.Errorf("the worst page has %d bytes, want at most %d", len(page), report.PageBytesMax)
	}
	for _, more := range []string{"4,940 more marks", "4 more series", "10 more plots",
		"4,900 more checks", "more lines", "more rows", "more nodes", "5 more tables"} {
		if !bytes.Contains(page, []byte("and "+more)) && !bytes.Contains(page, []byte(more)) {
			t.Errorf("page does not say how much it leaves out: %q", more)
		}
	}
}

// A million points of one curve become few, and nothing that stands out is lost.
func TestMillionPoints(t *testing.T) {
	points := make([]report.Point, 1_000_000)
	n := noise(3)
	for i := range points {
		points[i] = report.Point{At: time.Duration(i) * 10_000, Value: 20e6 + 5e6*n.next()}
	}
	points[123_456].Value = 48e6 // one spike
	p := report.Plot{Title: "Goodput", Unit: report.BitsPerSecond,
		Series: []report.Series{{Name: "a > b", Points: points}}}
	file := svg(t, &p, &report.Run{})
	if len(file) > 40_000 {
		t.Errorf("plot of a million points has %d bytes, want at most 40000", len(file))
	}
	if want := "20 Mbit/s to 48 Mbit/s"; !bytes.Contains(file, []byte(want)) {
		t.Errorf("description does not say %q", want)
	}
	page := html(t, &report.Run{Plots: []report.Plot{p}})
	t.Logf("a million points: %d bytes as a plot, %d in a page", len(file), len(page))
	if len(page) > 200_000 {
		t.Errorf("page of a million points has %d bytes, want at most 200000", len(page))
	}
}

func BenchmarkMillionPoints(b *testing.B) {
	points := make([]report.Point, 1_000_000)
	for i := range points {
		points[i] = report.Point{At: time.Duration(i) * 10_000, Value: float64(i % 7919)}
	}
	r := &report.Run{Plots: []report.Plot{{Series: []report.Series{{Points: points}}}}}
	for b.Loop() {
		var w bytes.Buffer
		if err := report.HTML(&w, r); err != nil {
			b.Fatal(err)
		}
	}
}
