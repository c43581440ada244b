package assess

import "math/bits"

// lags is the greatest distance that the lag predictor looks back (§6.3.8).
const lags = 128

// scores keeps which of a set of predictors was right most often; of equals, the one that got there
// last.
type scores struct {
	right  []int32
	winner int
}

func (s *scores) add(predictor int) {
	s.right[predictor]++
	if s.right[predictor] >= s.right[s.winner] {
		s.winner = predictor
	}
}

// lag is the lag prediction estimate (§6.3.8): predictor d says that the sample d places back comes
// again, and the one that was right most often makes the guess. It needs three samples.
func lag(s []byte, distinct, depth int) (float64, bool) {
	if len(s) < 3 {
		return 0, false
	}
	board := scores{right: make([]int32, depth)}
	correct := 0
	var runs longest
	// Which predictors are right can be read from a list of the places of each symbol.
	before := make([]int32, len(s)) // the place before that has the same symbol
	var last [256]int32
	for v := range last {
		last[v] = -1
	}
	for i, v := range s {
		if i > 0 {
			right := board.winner < i && s[i-board.winner-1] == v
			if right {
				correct++
			}
			runs.add(right)
		}
		for at := last[v]; at >= 0 && i-int(at) <= depth; at = before[at] {
			board.add(i - int(at) - 1)
		}
		before[i], last[v] = last[v], int32(i)
	}
	return predicted(correct, len(s)-1, runs.most, distinct), true
}

// lagBits is [lag] over a bitstring with both values and a depth of 128. Half of all predictors are
// right at every bit, so it takes 64 bits at a time: a predictor that cannot catch up with the
// winner within them is counted as a whole.
func lagBits(s []byte) (float64, bool) {
	const block = 64
	if len(s) < 3 {
		return 0, false
	}
	board := scores{right: make([]int32, lags)}
	correct := 0
	var runs longest
	var words [3]uint64 // the last 192 bits, the block at the end; a word's first bit is its lowest
	var hits [lags]uint64
	var rivals []int
	for at := 0; at < len(s); at += block {
		words[0], words[1], words[2] = words[1], words[2], 0
		size := min(block, len(s)-at)
		for j, b := range s[at : at+size] {
			words[2] |= uint64(b) << j
		}
		rivals = board.compare(&words, at, size, &hits, rivals[:0])
		valid := ^uint64(0) >> (block - size)
		if at == 0 {
			valid &^= 1 // there is no guess for the first bit
		}
		for j := range size {
			if valid>>j&1 == 1 {
				right := hits[board.winner]>>j&1 == 1
				if right {
					correct++
				}
				runs.add(right)
			}
			for _, d := range rivals {
				if hits[d]>>j&1 == 1 {
					board.add(d)
				}
			}
		}
	}
	return predicted(correct, len(s)-1, runs.most, 2), true
}

// compare sets in hits which bits of the block of size bits that begins at bit at of the text each
// predictor has right. It adds up all but those that may be or become the winner in this block,
// which it appends to rivals.
func (s *scores) compare(words *[3]uint64, at, size int, hits *[lags]uint64, rivals []int) []int {
	best := s.right[s.winner]
	inside := ^uint64(0) >> (64 - size)
	for d := range lags {
		distance := d + 1
		near, far := words[2-distance/64], uint64(0)
		if distance < lags {
			far = words[1-distance/64]
		}
		shift := distance % 64
		past := near<<shift | far>>(64-shift) // a shift by 64 gives 0
		if distance == lags {
			past = words[0]
		}
		h := ^(past ^ words[2]) & inside
		if at < distance { // before the first bit there is nothing
			h &= ^uint64(0) << min(64, distance-at)
		}
		hits[d] = h
		if right := int32(bits.OnesCount64(h)); s.right[d]+right >= best {
			rivals = append(rivals, d)
		} else {
			s.right[d] += right
		}
	}
	return rivals
}
