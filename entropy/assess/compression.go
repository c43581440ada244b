package assess

import "math"

// Constants of the compression estimate (§6.3.4).
const (
	blockBits         = 6
	blockKinds        = 1 << blockBits
	dictionaryBlocks  = 1000   // that fill the dictionary before anything is measured
	compressionFactor = 0.5907 // corrects the deviation for the dependence of the distances
)

// compression is the compression estimate over bits (§6.3.4), after Maurer: how far one looks back
// to find a block of six bits again. It needs more than that many blocks (1000 by the standard).
func compression(bits []byte, dictionary int) (float64, bool) {
	blocks := len(bits) / blockBits
	if blocks <= dictionary+1 {
		return 0, false
	}
	logs := logarithms(blocks)
	var last [blockKinds]int
	var total, squares sum
	for i := range blocks {
		block := 0
		for _, b := range bits[i*blockBits : i*blockBits+blockBits] {
			block = block<<1 | int(b)
		}
		if i >= dictionary {
			d := logs[i+1-last[block]]
			total.add(d)
			squares.add(d * d)
		}
		last[block] = i + 1
	}
	v := float64(blocks - dictionary)
	mean := total.total / v
	deviation := compressionFactor * math.Sqrt(max(0, squares.total/(v-1)-mean*mean))
	return compressed(mean-z*deviation/math.Sqrt(v), logs, dictionary), true
}

// logarithms returns log2 of 0 (a zero that is never used) to n.
func logarithms(n int) []float64 {
	logs := make([]float64, n+1)
	for i := 1; i <= n; i++ {
		logs[i] = math.Log2(float64(i))
	}
	return logs
}

// compressed returns the entropy per bit of the near-uniform source of blocks whose mean distance
// is the bound (steps 8 and 9): one kind of block has probability p, all others share the rest.
func compressed(bound float64, logs []float64, dictionary int) float64 {
	expected := func(p float64) float64 {
		const others = blockKinds - 1
		return distance(p, logs, dictionary) + others*distance((1-p)/others, logs, dictionary)
	}
	low, high := 1.0/blockKinds, 1.0 // expected falls with p
	if expected(low) <= bound {
		return 1
	}
	for range 60 { // to the last bit of p, nearly
		p := (low + high) / 2
		if expected(p) > bound {
			low = p
		} else {
			high = p
		}
	}
	return entropy(high) / blockBits
}

// distance is G of step 7 for blocks of probability p: the part that they have in the mean of log2
// of the distance. The standard sums over all pairs of t and u; as every term depends on u alone
// the pairs can be counted, which leaves one sum. (1-p)^(u-1) soon vanishes, and the sum ends.
func distance(p float64, logs []float64, dictionary int) float64 {
	blocks := len(logs) - 1
	v := float64(blocks - dictionary)
	var inner, weighted sum
	power := 1 - p // (1-p)^(u-1) for u = 2; log2 of 1 is 0
	u := 2
	for ; u <= dictionary; u++ {
		inner.add(logs[u] * power)
		power *= 1 - p
	}
	weighted.add(v * inner.total)
	tail := sum{} // the terms with u = t, which have one factor p less
	for ; u <= blocks; u++ {
		term := logs[u] * power
		tail.add(term)
		weighted.add(float64(blocks-u) * term)
		if term*float64(blocks) < p*1e-18*weighted.total {
			break
		}
		power *= 1 - p
	}
	return p * (p*weighted.total + tail.total) / v
}
