package assess

// Limits of the LZ78Y predictor (§6.3.10).
const (
	lzDepth      = 16
	lzStringsMax = 65_536 // in the dictionary, of all lengths together
)

// lz78y is the LZ78Y prediction estimate (§6.3.10): of all strings in the dictionary that the last
// samples end with, the one whose most frequent successor has the greatest count makes the guess.
// The dictionary takes every new string until it is full, the longest first. It needs three samples
// more than its longest string has.
func lz78y(s []byte, distinct, depth int) (float64, bool) {
	if len(s) < depth+3 {
		return 0, false
	}
	t := newTrie()
	// contexts[j] is the node of the last j samples, 0 if there is none.
	contexts, next := make([]int32, depth+2), make([]int32, depth+2)
	next[1] = t.extend(root, s[0])
	correct, strings := 0, 0
	var runs longest
	for i := 1; i < len(s); i++ {
		contexts, next = next, contexts
		v := s[i]
		if i > depth {
			right := t.guesses(contexts[1:depth+1], v)
			if right {
				correct++
			}
			runs.add(right)
		}
		for j := min(depth, i); j > 0; j-- {
			context := contexts[j]
			next[j+1] = 0
			switch {
			case context == 0:
			case i < depth: // the first strings are taken with the sample after the first depth
				next[j+1] = t.extend(context, v)
			case t.nodes[context].listed || strings < lzStringsMax:
				if !t.nodes[context].listed {
					t.nodes[context].listed = true
					strings++
				}
				next[j+1] = t.extend(context, v)
				t.count(context, next[j+1], v)
			default:
				next[j+1] = t.child(context, v)
			}
		}
		next[1] = t.extend(root, v)
	}
	return predicted(correct, len(s)-depth-1, runs.most, distinct), true
}

// guesses tells whether v is what most often followed one of the contexts, the one for which that
// is most certain; of equals, the longest, which is the last.
func (t *trie) guesses(contexts []int32, v byte) bool {
	most, guess := int32(0), byte(0)
	for _, context := range contexts {
		if context == 0 {
			continue
		}
		if n := &t.nodes[context]; n.listed && n.bestCount >= most {
			most, guess = n.bestCount, n.best
		}
	}
	return most > 0 && guess == v
}

// lz78yBits is [lz78y] over a bitstring with both values, with a table as in [multiMMCBits].
func lz78yBits(s []byte) (float64, bool) {
	if len(s) < lzDepth+3 {
		return 0, false
	}
	counts := make([][2]int32, 2<<lzDepth)
	correct, strings, past := 0, 0, uint32(0)
	var runs longest
	for i, v := range s {
		if i >= lzDepth {
			most, guess := int32(0), byte(0)
			for length := lzDepth; length > 0; length-- {
				c := &counts[1<<length|past&(1<<length-1)]
				if c[0]|c[1] == 0 {
					if strings < lzStringsMax {
						strings++
						c[v] = 1
					}
					continue
				}
				zeros, ones := c[0], c[1]
				if count := max(zeros, ones); count > most {
					most, guess = count, byte(1-uint32(ones-zeros)>>31)
				}
				c[v]++
			}
			if i > lzDepth {
				right := most > 0 && guess == v
				if right {
					correct++
				}
				runs.add(right)
			}
		}
		past = past<<1 | uint32(v)
	}
	return predicted(correct, len(s)-lzDepth-1, runs.most, 2), true
}
