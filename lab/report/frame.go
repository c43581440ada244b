package report

import (
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// frame is where a plot lies in its drawing and what its sides stand for.
type frame struct {
	left, right, top, bottom float64 // pixels
	until                    time.Duration
	scale                    scale
}

// x returns where an instant of the time axis lies.
func (f *frame) x(at time.Duration) float64 {
	part := float64(at) / float64(f.until)
	return f.left + float64(part*(f.right-f.left))
}

// y returns where a value lies.
func (f *frame) y(v float64) float64 {
	part := (v - f.scale.lo) / (f.scale.hi - f.scale.lo)
	return f.bottom - float64(part*(f.bottom-f.top))
}

// shows reports whether a mark lies on the time axis, at least partly.
func (f *frame) shows(m *Mark) bool { return max(m.At, m.Until) >= 0 && m.At <= f.until }

// span prints when a mark was: "2s", or "2s to 4s".
func span(m *Mark) string {
	if m.instant() {
		return units.Duration(m.At)
	}
	return units.Duration(m.At) + " to " + units.Duration(m.Until)
}

// sentence joins parts to a sentence of a description.
func sentence(parts []string) string { return strings.Join(parts, "; ") + "." }
