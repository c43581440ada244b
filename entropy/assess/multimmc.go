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
// table: that of d bits with the value c, the oldest bit first, stands at 1<<d | c. An entry has
// how often a 0 followed in its low half and how often a 1 did in its high half. The inner loop is
// run for every bit and depth, so it avoids branches that depend on the data.
func multiMMCBits(s []byte) (float64, bool) {
	if len(s) < 4 {
		return 0, false
	}
	counts := make([]uint64, 2<<mmcDepth)
	var rights [mmcDepth]int32 // how often each predictor was right
	var entries [mmcDepth]int
	winner, best := 0, int32(0) // the predictor that was right most often, and how often
	correct, past := 0, uint32(s[0])
	var runs longest
	for i := 1; i < len(s); i++ {
		v := uint32(s[i] & 1)
		guesser, right := winner, false
		known := true
		for d := range min(mmcDepth, i) {
			length := d + 1
			c := &counts[1<<length|past&(1<<length-1)]
			zeros, ones := uint32(*c), uint32(*c>>32)
			known = known && *c != 0
			if known {
				hit := (ones-zeros)>>31 ^ v // 1 if right: a 0 was likelier and came, or a 1
				rights[d] += int32(hit)
				if rights[d] >= best && hit == 1 {
					right = right || d == guesser
					winner, best = d, rights[d]
				}
			}
			if *c>>(32*v)&(1<<32-1) != 0 {
				*c += 1 << (32 * v)
			} else if entries[d] < mmcEntriesMax {
				*c += 1 << (32 * v)
				entries[d]++
			}
		}
		past = past<<1 | v
		if i >= 2 {
			if right {
				correct++
			}
			runs.add(right)
		}
	}
	return predicted(correct, len(s)-2, runs.most, 2), true
}
