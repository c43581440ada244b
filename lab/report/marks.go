package report

import (
	"strconv"
	"time"
)

// MarksMax is how many marks are shown, in the list and behind the plots.
const MarksMax = 60

// LanesMax is how many rows of texts of marks stand above a plot.
const LanesMax = 3

const (
	laneHeight   = 15.0
	markSize     = 11.0 // font
	markWidthMax = 200.0
)

// label is the text of a mark, as it fits: number and text, the number alone, or nothing.
type label struct {
	x    float64
	lane int
	text string
}

// layLabels finds a place for the text of each mark between left and right, and returns how many
// lanes that takes. What finds none is left out, as are marks outside the time axis. Lane 0 is the
// uppermost: a mark's line, which hangs down from its text, then crosses no earlier one.
func layLabels(marks []Mark, f *frame) (labels []label, lanes int) {
	ends := [LanesMax]float64{f.left, f.left, f.left}
	labels = make([]label, len(marks))
	for i := range marks {
		if !f.shows(&marks[i]) {
			continue
		}
		number := strconv.Itoa(i + 1)
		full := fit(number+" "+clean(marks[i].Text, TextRunesMax), markSize, markWidthMax)
		for _, text := range [2]string{full, number} {
			width := textWidth(text, markSize)
			x := f.x(max(0, marks[i].At))
			if x += 3; x+width > f.right {
				x = max(f.left, x-6-width) // to the left of its line
			}
			lane := 0
			for lane < LanesMax && ends[lane] > x {
				lane++
			}
			if lane == LanesMax {
				continue
			}
			ends[lane] = x + width + 8
			labels[i] = label{x, lane, text}
			lanes = max(lanes, lane+1)
			break
		}
	}
	return labels, lanes
}

// drawMarks draws bands and lines from the lanes down to the bottom of the plot.
func (c *canvas) drawMarks(marks []Mark, labels []label, lanes int, f *frame, titles bool) {
	c.open("g", "class", "marks")
	for i := range marks {
		m := &marks[i]
		if !f.shows(m) {
			continue
		}
		c.open("g", "class", "mark", "data-at", nanoseconds(m.At),
			"data-until", nanoseconds(m.Until), "data-n", i+1)
		if titles {
			c.text("title", strconv.Itoa(i+1)+" "+clean(m.Text, TextRunesMax)+", "+span(m))
		}
		top := f.top - float64(lanes-labels[i].lane)*laneHeight
		if labels[i].text == "" {
			top = f.top
		}
		x := f.x(max(0, m.At))
		if !m.instant() {
			width := max(1, f.x(min(m.Until, f.until))-x)
			c.shape("rect", bandRole, "x", x, "y", f.top, "width", width, "height", f.bottom-f.top)
		}
		c.shape("line", instRole, "x1", x, "x2", x, "y1", top, "y2", f.bottom)
		c.text("text", labels[i].text, markRole, "x", labels[i].x, "y", top+11,
			"font-size", markSize)
		c.close("g")
	}
	c.close("g")
}

func nanoseconds(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }
