package report

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Thinning keeps what stands out: the least and the greatest value, the order, and few points.
func TestThin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const until, columns = time.Second, 10
		var points []Point
		for range rapid.IntRange(0, 200).Draw(t, "points") {
			p := Point{time.Duration(rapid.Int64Range(-10, int64(until)+10).Draw(t, "at")),
				rapid.Float64Range(-5, 5).Draw(t, "value")}
			if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
				p.Value = math.NaN()
			}
			points = append(points, p)
		}
		in := within(points, until)
		out := thin(in, until, columns)
		if len(out) > 3*(columns+1) && len(out) != len(in) {
			t.Fatalf("%d points of %d in %d columns", len(out), len(in), columns)
		}
		if !slices.IsSortedFunc(out, func(a, b Point) int { return int(a.At - b.At) }) {
			t.Fatalf("not in order: %v", out)
		}
		var before, after drawn
		before.measure(in)
		after.measure(out)
		if before.lo != after.lo || before.hi != after.hi || before.some != after.some {
			t.Fatalf("from %v to %v, was %v to %v", after.lo, after.hi, before.lo, before.hi)
		}
		gaps := func(list []Point) bool {
			return slices.ContainsFunc(list, func(p Point) bool { return gap(p.Value) })
		}
		if gaps(in) != gaps(out) {
			t.Fatalf("gaps: %v, were %v", gaps(out), gaps(in))
		}
	})
}

// stretch is a stretch of a row.
type stretch struct {
	row      int
	from, to float64
}

func overlap(t *rapid.T, spans []stretch) {
	for i, a := range spans {
		for _, b := range spans[:i] {
			if a.row == b.row && a.from < b.to && b.from < a.to {
				t.Fatalf("%v lies over %v", a, b)
			}
		}
	}
}

// Texts of marks never lie over each other, and lie within the plot.
func TestLabelsKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := frame{left: plotLeft, right: plotWidth - plotRight, until: time.Minute}
		var marks []Mark
		for range rapid.IntRange(0, 30).Draw(t, "marks") {
			marks = append(marks, Mark{
				At:   time.Duration(rapid.Int64Range(-1e9, 61e9).Draw(t, "at")),
				Text: rapid.StringN(0, 60, -1).Draw(t, "text")})
		}
		labels, lanes := layLabels(marks, &f)
		if lanes > LanesMax {
			t.Fatalf("%d lanes, want at most %d", lanes, LanesMax)
		}
		var spans []stretch
		for _, l := range labels {
			if l.text != "" {
				spans = append(spans, stretch{l.lane, l.x, l.x + textWidth(l.text, markSize)})
			}
		}
		overlap(t, spans)
		for _, s := range spans {
			if s.from < f.left || s.to > f.right+0.01 {
				t.Fatalf("%v is not within %v to %v", s, f.left, f.right)
			}
		}
	})
}

// Names in a legend never lie over each other, and lie within the drawing.
func TestLegendKeepsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawing{more: rapid.IntRange(0, 1000).Draw(t, "more")}
		for i := range rapid.IntRange(0, PlotSeriesMax).Draw(t, "series") {
			d.curves = append(d.curves, drawn{name: rapid.StringN(0, 90, -1).Draw(t, "name"),
				role: curves[i]})
		}
		keys, rows := d.legend()
		var spans []stretch
		for _, k := range keys {
			to := k.textX() + textWidth(k.text, plotFont)
			spans = append(spans, stretch{k.row, k.x, to})
			if k.row >= rows || to > plotWidth {
				t.Fatalf("%q lies in row %d of %d and ends at %v", k.text, k.row, rows, to)
			}
		}
		overlap(t, spans)
	})
}

// luminance is the relative luminance of WCAG 2.2 of a colour such as #fff or #1b2129.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := colour[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	var sum float64
	for i, weight := range [3]float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// WCAG 2.2 §1.4.3: text has a contrast of at least 4.5 to its ground; §1.4.11: a line that means
// something has 3. No two curves share a colour or a dash.
func TestContrast(t *testing.T) {
	check := func(r *role, least float64, grounds ...*role) {
		for _, g := range grounds {
			light, dark := contrast(t, r.light, g.light), contrast(t, r.dark, g.dark)
			if light < least || dark < least {
				t.Errorf("%s on %s: contrast %.1f light, %.1f dark, want %.1f", r.class, g.class,
					light, dark, least)
			}
		}
	}
	for _, r := range []*role{inkRole, mutedRole, badTextRole} {
		check(r, 4.5, groundRole, cardRole, hubRole)
	}
	check(markRole, 4.5, groundRole)
	for _, r := range []*role{instRole, wireRole, badRole, crossRole, hubEdgeRole} {
		check(r, 3, groundRole)
	}
	seen := map[string]bool{}
	for _, r := range curves {
		check(r, 3, groundRole)
		for _, s := range []string{r.light, r.dark, r.fixed} {
			if seen[s] {
				t.Errorf("%s shares %q with another curve", r.class, s)
			}
			seen[s] = true
		}
	}
}
