package assess

// Limits of the MultiMMC predictor (§6.3.9).
const (
	mmcDepth      = 16
	mmcEntriesMax = 100_000 // pairs of context and successor, for each depth
)

// multiMMC is the multi Markov model with counting prediction estimate (§6.3.9): predictor d says
// what most often followed the last d samples, and the predictor that was right most often makes
// the guess. It needs three samples, and a fourth to have two guesses.
func multiMMC(s []byte, distinct, depth int) (float64, bool) {
	if len(s) < 4 {
		return 0, false
	}
	t := newTrie()
	board := scores{right: make([]int32, depth)}
	entries := make([]int, depth)
	// contexts[d] is the node of the last d+1 samples, 0 if it is not in a dictionary.
	contexts, next := make([]int32, depth+1), make([]int32, depth+1)
	next[0] = t.extend(root, s[0])
	correct := 0
	var runs longest
	open := depth // the dictionaries from here on are full
	for i := 1; i < len(s); i++ {
		contexts, next = next, contexts
		v, winner, right := s[i], board.winner, false
		known := true // that the shorter contexts were seen before; then a longer one may have been
		for d := range min(depth, i) {
			context := contexts[d]
			known = known && context != 0 && t.nodes[context].bestCount > 0
			if known && t.nodes[context].best == v {
				right = right || d == winner
				board.add(d)
			}
			if !known && d >= open {
				clear(next[d+1:])
				break
			}
			var child int32
			if known {
				child = t.child(context, v)
			}
			if child == 0 && context != 0 && entries[d] < mmcEntriesMax {
				child = t.extend(context, v)
				entries[d]++
				for open > 0 && entries[open-1] >= mmcEntriesMax {
					open--
				}
			}
			if child != 0 {
				t.count(context, child, v)
			}
			next[d+1] = child
		}
		next[0] = t.extend(root, v)
		if i >= 2 {
			if right {
				correct++
			}
			runs.add(right)
		}
	}
	return predicted(correct, len(s)-2, runs.most, distinct), true
}

// multiMMCBits is [multiMMC] over a bitstring with both values. Its contexts are few enough for a
// table: that of d bits with the value c, the oldest bit first, stands at 1<<d | c.
func multiMMCBits(s []byte) (float64, bool) {
	if len(s) < 4 {
		return 0, false
	}
	counts := make([][2]int32, 2<<mmcDepth)
	board := scores{right: make([]int32, mmcDepth)}
	var entries [mmcDepth]int
	correct, past := 0, uint32(s[0])
	var runs longest
	for i := 1; i < len(s); i++ {
		v, winner, right := s[i]&1, board.winner, false
		known := true
		for d := range min(mmcDepth, i) {
			length := d + 1
			c := &counts[1<<length|past&(1<<length-1)]
			known = known && c[0]|c[1] != 0
			if known {
				if (c[1] >= c[0]) == (v == 1) {
					right = right || d == winner
					board.add(d)
				}
			}
			if c[v] != 0 {
				c[v]++
			} else if entries[d] < mmcEntriesMax {
				c[v] = 1
				entries[d]++
			}
		}
		past = past<<1 | uint32(v)
		if i >= 2 {
			if right {
				correct++
			}
			runs.add(right)
		}
	}
	return predicted(correct, len(s)-2, runs.most, 2), true
}
