package assess

import "math"

// markovBits is the length of the path that the Markov estimate looks at.
const markovBits = 128

// markov is the Markov estimate over bits (§6.3.3): the likeliest of the paths of 128 bits through
// a chain of first order with the measured probabilities.
func markov(bits []byte) float64 {
	var zeros int
	var next [2][2]float64
	for i, b := range bits {
		if b == 0 {
			zeros++
		}
		if i > 0 {
			next[bits[i-1]][b]++
		}
	}
	first := [2]float64{float64(zeros), float64(len(bits) - zeros)}
	cost := func(count, of float64) float64 { // in bits
		if count == 0 {
			return math.Inf(1)
		}
		return entropy(count / of)
	}
	total := float64(len(bits))
	start := [2]float64{cost(first[0], total), cost(first[1], total)}
	var step [2][2]float64
	for from := range 2 {
		all := next[from][0] + next[from][1]
		step[from] = [2]float64{cost(next[from][0], all), cost(next[from][1], all)}
	}
	path := float64(markovBits)
	for a := range 2 { // the six paths of step 4, three for each first bit
		b := 1 - a
		path = min(path,
			start[a]+127*step[a][a],
			start[a]+64*step[a][b]+63*step[b][a],
			start[a]+step[a][b]+126*step[b][b])
	}
	return min(1, path/markovBits)
}
