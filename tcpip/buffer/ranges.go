package buffer

import (
	"fmt"
	"strings"
)

// RangesMax is how many ranges one Ranges holds at most.
const RangesMax = 4096

// Range is the sequence numbers from Left up to but without Right, in serial arithmetic
// (RFC 9293 §3.4): Right is ahead of Left by less than 2^31.
type Range struct{ Left, Right uint32 }

// Len returns how many sequence numbers the range covers.
func (r Range) Len() uint32 { return r.Right - r.Left }

// Ranges is an ordered set of disjoint, non-adjacent ranges of sequence numbers. All of them lie
// within 2^31 of one another, as everything within one window does. The zero value is empty and
// holds no memory; an emptied set keeps its array until Release.
type Ranges struct{ list []Range }

// before reports a < b in serial arithmetic.
func before(a, b uint32) bool { return int32(a-b) < 0 }

// Len returns the number of ranges.
func (r *Ranges) Len() int { return len(r.list) }

// At returns the range of index i, in order of sequence.
func (r *Ranges) At(i int) Range { return r.list[i] }

// search returns the index of the first range whose right edge is at or after seq.
func (r *Ranges) search(seq uint32) int {
	lo, hi := 0, len(r.list)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if before(r.list[mid].Right, seq) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// Add inserts [left, right) and joins it with the ranges that it touches. It returns the index of
// the range that now covers it, or -1 if the range is empty or the set is full (RangesMax) and it
// touches none.
func (r *Ranges) Add(left, right uint32) int {
	if !before(left, right) {
		return -1
	}
	i := r.search(left)
	j := i
	for j < len(r.list) && !before(right, r.list[j].Left) {
		j++
	}
	if i == j {
		if len(r.list) >= RangesMax {
			return -1
		}
		r.list = append(r.list, Range{})
		copy(r.list[i+1:], r.list[i:])
		r.list[i] = Range{left, right}
		return i
	}
	if before(r.list[i].Left, left) {
		left = r.list[i].Left
	}
	if before(right, r.list[j-1].Right) {
		right = r.list[j-1].Right
	}
	r.list[i] = Range{left, right}
	r.list = append(r.list[:i+1], r.list[j:]...)
	return i
}

// RemoveBefore drops every sequence number before seq; a range across it is cut.
func (r *Ranges) RemoveBefore(seq uint32) {
	i := 0
	for i < len(r.list) && !before(seq, r.list[i].Right) {
		i++
	}
	if i > 0 {
		r.list = append(r.list[:0], r.list[i:]...)
	}
	if len(r.list) > 0 && before(r.list[0].Left, seq) {
		r.list[0].Left = seq
	}
}

// Covering returns the range that holds seq.
func (r *Ranges) Covering(seq uint32) (Range, bool) {
	if i := r.search(seq + 1); i < len(r.list) && !before(seq, r.list[i].Left) {
		return r.list[i], true
	}
	return Range{}, false
}

// Overlaps reports whether any sequence number of [left, right) is in the set.
func (r *Ranges) Overlaps(left, right uint32) bool {
	if !before(left, right) {
		return false
	}
	i := r.search(left + 1)
	return i < len(r.list) && before(r.list[i].Left, right)
}

// Clear empties the set and keeps its array.
func (r *Ranges) Clear() { r.list = r.list[:0] }

// Release empties the set and lets its array go.
func (r *Ranges) Release() { r.list = nil }

// String lists the ranges: "[100,200) [300,400)".
func (r *Ranges) String() string {
	var b strings.Builder
	for i, x := range r.list {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "[%d,%d)", x.Left, x.Right)
	}
	return b.String()
}
