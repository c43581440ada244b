package report

import (
	"fmt"
	"io"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// sizes of a plot, in pixels
const (
	plotWidth  = 880.0
	plotHeight = 200.0 // of the plane with the curves
	plotLeft   = 54.0
	plotRight  = 14.0
	plotBottom = 24.0
	plotFont   = 12.0
	fontFamily = "system-ui, sans-serif"
)

// timeTicksMax is how many steps the axis of time has at most at full width.
const timeTicksMax = 11

// SVG writes a plot as an SVG file of its own, with title, legend and the marks behind the curves.
// The axis of time goes from 0 to until, or to where the data ends if that is 0.
func SVG(w io.Writer, p *Plot, marks []Mark, until time.Duration) error {
	d := newDrawing(p, marks, until, int(plotWidth))
	var c canvas
	c.plotFile(p, d)
	return write(w, c.Bytes())
}

func write(w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("report: write: %w", err)
	}
	return nil
}

// drawing is a plot with everything computed that its picture needs.
type drawing struct {
	frame  frame
	unit   Unit
	curves []drawn
	more   int // series that are not drawn
	marks  []Mark
	labels []label
	lanes  int
}

// drawn is a series as it is drawn.
type drawn struct {
	name   string
	points []Point
	step   bool
	role   *role
	lo, hi float64 // of all its values, if some
	last   float64
	some   bool // there is a value
}

// newDrawing thins the series to so many columns and finds the axes.
func newDrawing(p *Plot, marks []Mark, until time.Duration, columns int) *drawing {
	d := &drawing{unit: p.Unit, marks: marks[:min(len(marks), MarksMax)]}
	series := p.Series
	if len(series) > PlotSeriesMax {
		series, d.more = series[:PlotSeriesMax], len(series)-PlotSeriesMax
	}
	if until <= 0 {
		until = ending(series, d.marks)
	}
	var lo, hi float64
	for i := range series {
		s := &series[i]
		points := within(s.Points, until)
		n := drawn{name: clean(s.Name, TextRunesMax), step: s.Step, role: curves[i]}
		n.measure(points)
		n.points = thin(points, until, columns)
		lo, hi = min(lo, n.lo), max(hi, n.hi)
		d.curves = append(d.curves, n)
	}
	d.frame = frame{left: plotLeft, right: plotWidth - plotRight, until: until,
		scale: valueScale(lo, hi, p.Unit)}
	d.labels, d.lanes = layLabels(d.marks, &d.frame)
	return d
}

// ending returns where the data ends, and at least a nanosecond.
func ending(series []Series, marks []Mark) time.Duration {
	until := time.Duration(1)
	for i := range series {
		for _, p := range series[i].Points {
			until = max(until, p.At)
		}
	}
	for i := range marks {
		until = max(until, marks[i].At, marks[i].Until)
	}
	return until
}

// measure notes the least, the greatest and the last value.
func (n *drawn) measure(points []Point) {
	for _, p := range points {
		if gap(p.Value) {
			continue
		}
		if !n.some {
			n.some, n.lo, n.hi = true, p.Value, p.Value
		}
		n.lo, n.hi, n.last = min(n.lo, p.Value), max(n.hi, p.Value), p.Value
	}
}

// describe says in words what the plot shows, for those who do not see it.
func (d *drawing) describe() string {
	parts := []string{"Over time, from 0s to " + units.Duration(d.frame.until)}
	for i := range d.curves {
		n := &d.curves[i]
		if !n.some {
			parts = append(parts, clean(n.name, 60)+": no values")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: %s to %s, at last %s", clean(n.name, 60),
			d.unit.Text(n.lo), d.unit.Text(n.hi), d.unit.Text(n.last)))
	}
	if d.more > 0 {
		parts = append(parts, andMore(d.more, "series"))
	}
	if len(d.marks) > 0 {
		parts = append(parts, fmt.Sprintf("%d marks behind the curves", len(d.marks)))
	}
	return sentence(parts)
}

func andMore(n int, what string) string {
	return fmt.Sprintf("and %s more %s", grouped(fmt.Sprint(n)), what)
}

// plane draws marks, axes and curves. The name keeps clip paths of one page apart.
func (c *canvas) plane(d *drawing, name string, titles bool) {
	f := &d.frame
	c.drawAxes(f)
	c.drawMarks(d.marks, d.labels, d.lanes, f, titles)
	c.open("clipPath", "id", name)
	c.shape("rect", "x", f.left, "y", f.top-2, "width", f.right-f.left, "height",
		f.bottom-f.top+4)
	c.close("clipPath")
	c.open("g", "class", "curves", "clip-path", "url(#"+name+")")
	for i := range d.curves {
		n := &d.curves[i]
		if n.some {
			c.shape("path", n.role, "data-n", i, "d", string(n.path(f)))
		}
	}
	c.close("g")
}

func (c *canvas) drawAxes(f *frame) {
	c.open("g", "class", "values")
	c.text("text", f.scale.unit, mutedRole, "x", f.left-6, "y", f.top-10, "text-anchor", "end")
	for i, t := range f.scale.ticks {
		line := gridRole
		if t.at == 0 {
			line = axisRole
		}
		y := f.top + float64((f.bottom-f.top)*float64(len(f.scale.ticks)-1-i))/
			float64(len(f.scale.ticks)-1)
		c.shape("line", line, "x1", f.left, "x2", f.right, "y1", y, "y2", y)
		c.text("text", t.label, mutedRole, "x", f.left-6, "y", y+4, "text-anchor", "end")
	}
	c.close("g")
	c.open("g", "class", "times")
	for _, t := range timeTicks(f.until, timeTicksMax) {
		x := f.x(time.Duration(t.at))
		c.shape("line", axisRole, "x1", x, "x2", x, "y1", f.bottom, "y2", f.bottom+4)
		anchor := "middle"
		if x > f.right-14 {
			anchor, x = "end", f.right+plotRight-2
		}
		c.text("text", t.label, mutedRole, "x", x, "y", f.bottom+17, "text-anchor", anchor)
	}
	c.close("g")
}

// path returns the curve.
func (n *drawn) path(f *frame) []byte {
	var p path
	pen := false
	for _, at := range n.points {
		if gap(at.Value) {
			pen = false
			continue
		}
		x, y := hundredths(f.x(at.At)), hundredths(f.y(at.Value))
		switch {
		case !pen:
			p.move(x, y)
		case n.step:
			p.line(x, p.y)
			p.line(x, y)
		default:
			p.line(x, y)
		}
		pen = true
	}
	return p.b
}
