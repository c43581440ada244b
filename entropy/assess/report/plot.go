package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/entropy/assess"
)

// sizes of a plot, in pixels
const (
	plotWidth  = 880.0
	plotTop    = 16.0
	plotHeight = 180.0 // of the plane
	plotLeft   = 62.0
	plotRight  = 14.0
	plotBottom = 40.0
	pixelSize  = 3.0 // of a bit in the image
)

// ticksMax is how many steps an axis has at most.
const ticksMax = 8

// plane is a plot's coordinate system.
type plane struct {
	canvas
	xLow, xHigh, yLow, yHigh float64
}

func (p *plane) x(v float64) float64 {
	part := (v - p.xLow) / (p.xHigh - p.xLow)
	return plotLeft + float64(part*(plotWidth-plotLeft-plotRight))
}

func (p *plane) y(v float64) float64 {
	part := (v - p.yLow) / (p.yHigh - p.yLow)
	return plotTop + float64((1-part)*plotHeight)
}

// begin writes the head of a drawing of that height, with its title and what it says in words.
func (c *canvas) begin(height float64, title, words string) {
	fmt.Fprintf(c, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %[2]s" width="%[1]s" `+
		`height="%[2]s" role="img" font-family="system-ui, sans-serif" font-size="12"><title>`,
		pixels(plotWidth), pixels(height))
	c.escape(title)
	c.WriteString("</title>\n<desc>")
	c.escape(words)
	c.WriteString("</desc>\n<style>" + darkRules() + "</style>\n")
	c.shape("rect", ground, "width", plotWidth, "height", height)
}

// end returns the drawing.
func (c *canvas) end() []byte {
	c.WriteString("</svg>\n")
	return c.Bytes()
}

// axes draws both axes with their names, and lines across at yTicks, which print says.
func (p *plane) axes(xName, yName string, xTicks, yTicks []float64, print func(float64) string) {
	for _, v := range yTicks {
		y := p.y(v)
		p.shape("line", grid, "x1", plotLeft, "x2", plotWidth-plotRight, "y1", y, "y2", y)
		p.text(print(v), muted, plotLeft-6, y+4, "end")
	}
	bottom := plotTop + plotHeight
	for _, v := range xTicks {
		x := p.x(v)
		p.shape("line", axis, "x1", x, "x2", x, "y1", bottom, "y2", bottom+4)
		p.text(plain(v), muted, x, bottom+17, "middle")
	}
	p.shape("line", axis, "x1", plotLeft, "x2", plotWidth-plotRight, "y1", bottom, "y2", bottom)
	p.text(xName, muted, (plotLeft+plotWidth-plotRight)/2, bottom+34, "middle")
	p.text(yName, muted, plotLeft, plotTop-5, "start")
}

// plain prints a number as short as it goes.
func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// power prints 10 to the power of v.
func power(v float64) string { return plain(math.Pow10(int(v))) }

// ticks returns round numbers from 0 to high or a little above, at most ticksMax steps apart.
func ticks(high float64) []float64 {
	step := 1e-3
	for i := 0; step*ticksMax < high; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	all := []float64{0}
	for i := 1; all[len(all)-1] < high; i++ {
		all = append(all, math.Round(float64(i)*step*1e3)/1e3)
	}
	return all
}

// rectangle appends a rectangle to a path.
func rectangle(b *strings.Builder, x, y, width, height float64) {
	fmt.Fprintf(b, "M%s %sh%sv%sh-%[3]sz", pixels(x), pixels(y), pixels(width), pixels(height))
}

// Histogram draws how often each symbol occurs, as an SVG file.
func Histogram(w io.Writer, p *assess.Plots) error { return write(w, histogram(p)) }

func histogram(p *assess.Plots) []byte {
	most, symbol := 0, 0
	for v, n := range p.Histogram {
		if n > most {
			most, symbol = n, v
		}
	}
	kinds := float64(len(p.Histogram))
	yTicks := ticks(float64(most))
	c := &plane{xLow: -0.5, xHigh: kinds - 0.5, yHigh: yTicks[len(yTicks)-1]}
	c.begin(plotTop+plotHeight+plotBottom, "Histogram", fmt.Sprintf("%d samples; the most frequent "+
		"symbol is %d, which occurs %d times.", p.Samples, symbol, most))
	c.axes("symbol", "times", everyTick(len(p.Histogram)), yTicks, plain)
	var path strings.Builder
	gap := 0.0
	if kinds <= 64 {
		gap = 0.15
	}
	for v, n := range p.Histogram {
		if n > 0 {
			left, right := c.x(float64(v)-0.5+gap), c.x(float64(v)+0.5-gap)
			rectangle(&path, left, c.y(float64(n)), right-left, c.y(0)-c.y(float64(n)))
		}
	}
	c.shape("path", bar, "d", path.String())
	level := c.y(float64(p.Samples) / kinds) // that of equally frequent symbols
	c.shape("line", dots, "x1", plotLeft, "x2", plotWidth-plotRight, "y1", level, "y2", level,
		"stroke-dasharray", "6 4", "stroke-width", 1.5)
	return c.end()
}

// everyTick returns ticks from 0 below n.
func everyTick(n int) []float64 {
	step := max(1, n/16)
	var all []float64
	for v := 0; v < n; v += step {
		all = append(all, float64(v))
	}
	return all
}

// Autocorrelation draws how samples go with earlier ones, as an SVG file.
func Autocorrelation(w io.Writer, p *assess.Plots) error { return write(w, autocorrelation(p)) }

func autocorrelation(p *assess.Plots) []byte {
	reach, outside := float64(1.5*p.AutocorrelationBound), 0
	for _, v := range p.Autocorrelation {
		reach = max(reach, math.Abs(v))
		if math.Abs(v) > p.AutocorrelationBound {
			outside++
		}
	}
	yTicks := ticks(reach)
	for _, v := range yTicks[1:] {
		yTicks = append(yTicks, -v)
	}
	high := yTicks[len(yTicks)/2]
	c := &plane{xLow: 0, xHigh: assess.PlotLags + 1, yLow: -high, yHigh: high}
	c.begin(plotTop+plotHeight+plotBottom, "Autocorrelation", fmt.Sprintf("%d of %d lags are outside "+
		"of the band, in which noise stays in 99 of 100 places.", outside, len(p.Autocorrelation)))
	top := c.y(min(p.AutocorrelationBound, high))
	c.shape("rect", band, "x", plotLeft, "y", top, "width", plotWidth-plotLeft-plotRight,
		"height", c.y(-min(p.AutocorrelationBound, high))-top)
	c.axes("lag in samples", "correlation", everyTick(assess.PlotLags+1), yTicks, plain)
	var path strings.Builder
	for i, v := range p.Autocorrelation {
		fmt.Fprintf(&path, "M%s %sV%s", pixels(c.x(float64(i+1))), pixels(c.y(0)), pixels(c.y(v)))
	}
	c.shape("path", stem, "d", path.String(), "stroke-width", 3.0)
	return c.end()
}

// Runs draws how many runs of one symbol there are of each length, as an SVG file.
func Runs(w io.Writer, p *assess.Plots) error { return write(w, runs(p)) }

func runs(p *assess.Plots) []byte {
	most := 1.0
	for i, n := range p.Runs {
		most = max(most, float64(n), p.RunsExpected[i])
	}
	high := max(1, math.Ceil(math.Log10(most)))
	c := &plane{xLow: 0.5, xHigh: assess.PlotRuns + 0.5, yLow: -0.3, yHigh: high}
	c.begin(plotTop+plotHeight+plotBottom, "Run lengths", fmt.Sprintf("How many runs of one symbol "+
		"there are of each length, and crosses where independent samples would have them: %s.",
		listed(p.Runs)))
	var xTicks, yTicks []float64
	for i := range assess.PlotRuns {
		xTicks = append(xTicks, float64(i+1))
	}
	for v := range int(high) + 1 {
		yTicks = append(yTicks, float64(v))
	}
	c.axes(fmt.Sprintf("length in samples; %d stands for that and more", assess.PlotRuns), "runs",
		xTicks, yTicks, power)
	var bars, crosses strings.Builder
	for i, n := range p.Runs {
		if n > 0 {
			left, right := c.x(float64(i)+0.7), c.x(float64(i)+1.3)
			y := c.y(math.Log10(float64(n)))
			rectangle(&bars, left, y, right-left, c.y(c.yLow)-y)
		}
		if e := p.RunsExpected[i]; e > 0.5 {
			x, y := c.x(float64(i+1)), c.y(math.Log10(e))
			fmt.Fprintf(&crosses, "M%s %sl10 10m0 -10l-10 10", pixels(x-5), pixels(y-5))
		}
	}
	c.shape("path", bar, "d", bars.String())
	c.shape("path", dots, "d", crosses.String(), "stroke-width", 2.0, "fill", "none")
	return c.end()
}

// listed lists the counts of runs up to the last that is not zero.
func listed(counts []int) string {
	last := len(counts)
	for last > 1 && counts[last-1] == 0 {
		last--
	}
	var parts []string
	for _, n := range counts[:last] {
		parts = append(parts, strconv.Itoa(n))
	}
	return strings.Join(parts, ", ")
}

// Image draws the first bits as a picture, a one dark, as an SVG file. The eye is good at finding
// patterns.
func Image(w io.Writer, p *assess.Plots) error { return write(w, image(p)) }

func image(p *assess.Plots) []byte {
	rows := (len(p.Image) + assess.ImageColumns - 1) / assess.ImageColumns
	var c canvas
	c.begin(float64(rows)*pixelSize+20, "Bits", fmt.Sprintf("The first %d bits, %d in a row.",
		len(p.Image), assess.ImageColumns))
	// One stroke as high as a row for every run of ones.
	var path bytes.Buffer
	for row := range rows {
		bits := p.Image[row*assess.ImageColumns:]
		bits = bits[:min(len(bits), assess.ImageColumns)]
		for i := 0; i < len(bits); i++ {
			if bits[i] == 0 {
				continue
			}
			from := i
			for i < len(bits) && bits[i] == 1 {
				i++
			}
			fmt.Fprintf(&path, "M%d %d.5h%d", from, row, i-from)
		}
	}
	left := (plotWidth - assess.ImageColumns*pixelSize) / 2
	c.shape("path", pixel, "d", path.String(), "shape-rendering", "crispEdges",
		"transform", fmt.Sprintf("translate(%s 10) scale(%s)", pixels(left), pixels(pixelSize)))
	return c.end()
}

// write writes a file.
func write(w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("report: write: %w", err)
	}
	return nil
}
