package report

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// gap reports whether a value is none.
func gap(v float64) bool { return !(math.Abs(v) <= ValueMax) }

// within returns the points from 0 to until in order of time. It copies only what is out of order.
func within(points []Point, until time.Duration) []Point {
	byTime := func(a, b Point) int { return cmp.Compare(a.At, b.At) }
	if !slices.IsSortedFunc(points, byTime) {
		points = slices.Clone(points)
		slices.SortStableFunc(points, byTime)
	}
	first, _ := slices.BinarySearchFunc(points, Point{At: 0}, byTime)
	end, _ := slices.BinarySearchFunc(points, until, func(p Point, at time.Duration) int {
		if p.At <= at {
			return -1
		}
		return 1
	})
	return points[first:end]
}

// thin returns the points that are seen when the time from 0 to until is drawn in so many columns:
// of each column the lowest and the highest one, in their order, and a gap if there is one. The
// points come from [within]. Few points stay as they are.
func thin(points []Point, until time.Duration, columns int) []Point {
	if len(points) <= 2*columns {
		return points
	}
	out := make([]Point, 0, 2*columns)
	at := 0 // the first point of the column
	for i := 1; i <= len(points); i++ {
		if i < len(points) && column(points[i].At, until, columns) ==
			column(points[at].At, until, columns) {
			continue
		}
		out = appendExtremes(out, points[at:i])
		at = i
	}
	return out
}

func column(at, until time.Duration, columns int) int {
	return int(float64(at) / float64(until) * float64(columns))
}

// appendExtremes appends the lowest and the highest of the points, and a gap where the first one
// is. Equal ones are the earliest.
func appendExtremes(out, points []Point) []Point {
	low, high, none := -1, -1, -1
	for i, p := range points {
		switch {
		case gap(p.Value):
			if none < 0 {
				none = i
			}
		case low < 0:
			low, high = i, i
		case p.Value < points[low].Value:
			low = i
		case p.Value > points[high].Value:
			high = i
		}
	}
	keep := [3]int{low, high, none}
	slices.Sort(keep[:])
	last := -1
	for _, i := range keep {
		if i > last {
			out = append(out, points[i])
			last = i
		}
	}
	return out
}
