package assess

import "math/bits"

// repeats is how often strings of each length are repeated in a text, as the tuple estimates of
// §6.3.5 and §6.3.6 and the test of §5.2.5 ask. Index 0 is unused.
type repeats struct {
	most  []int32  // the count of the string of that length that occurs most
	pairs []uint64 // the pairs of places where the same string of that length stands
}

// longest returns the length of the longest repeated substring, 0 if no symbol occurs twice.
func (r *repeats) longest() int { return len(r.most) - 1 }

// countRepeats counts the repeats of s, whose symbols are below distinct.
func countRepeats(s []byte, distinct int) *repeats {
	var g groups
	if !windows(s, symbolWidth(distinct), g.add) {
		for _, length := range shared(s, suffixes(s, distinct)) {
			g.add(length)
		}
	}
	return g.finish()
}

// symbolWidth returns the bits that numbers below distinct need, at least one.
func symbolWidth(distinct int) int { return max(1, bits.Len(uint(distinct-1))) }

// groups counts repeats from what each suffix, in order, shares with the one before. Suffixes that
// begin with the same string of length t are neighbours: a stretch of values of at least t. The
// stretches nest, and a stack holds the open ones, the shortest value at the bottom. (The method is
// that of Kaufer's comment on the standard; the stack replaces its three arrays.)
type groups struct {
	open  []group
	at    int      // suffixes so far
	most  []int32  // for a value that ends a stretch
	pairs []uint64 // differences: what is counted at t is counted below it too
}

type group struct {
	length int32 // what all suffixes of the group share
	first  int   // the first of them
}

// add takes the next suffix, which shares length symbols with the one before it.
func (g *groups) add(length int32) {
	first := g.at - 1
	for len(g.open) > 0 && g.open[len(g.open)-1].length > length {
		top := g.open[len(g.open)-1]
		g.open = g.open[:len(g.open)-1]
		below := length
		if len(g.open) > 0 {
			below = max(below, g.open[len(g.open)-1].length)
		}
		g.count(top.length, below, g.at-top.first)
		first = top.first
	}
	if length > 0 && (len(g.open) == 0 || g.open[len(g.open)-1].length < length) {
		g.open = append(g.open, group{length, first})
	}
	g.at++
}

// count enters a group of suffixes that share up to length symbols, and within which more than
// below are not shared with other suffixes.
func (g *groups) count(length, below int32, size int) {
	for int(length) >= len(g.most) {
		g.most = append(g.most, 0)
		g.pairs = append(g.pairs, 0)
	}
	g.most[length] = max(g.most[length], int32(size))
	pairs := uint64(size) * uint64(size-1) / 2
	g.pairs[length] += pairs
	g.pairs[below] -= pairs // wraps, and comes right in finish
}

// finish closes the stretches that are open and returns the counts.
func (g *groups) finish() *repeats {
	g.add(0)
	if g.most == nil {
		return &repeats{make([]int32, 1), make([]uint64, 1)}
	}
	for t := len(g.most) - 2; t > 0; t-- {
		g.most[t] = max(g.most[t], g.most[t+1])
		g.pairs[t] += g.pairs[t+1]
	}
	return &repeats{g.most, g.pairs}
}
