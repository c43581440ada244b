package assess

import "math"

// collision is the collision estimate over bits (§6.3.2): how long one waits for a bit to occur
// twice. That is two bits (00, 11) or three. The mean wait of a coin that falls one way with
// probability p is 2 + 2p(1-p), which is what step 7 of the standard comes to; solved for p, it
// gives the estimate. It needs two collisions.
func collision(bits []byte) (float64, bool) {
	var count, waits, squares int
	for i := 0; i+1 < len(bits); {
		wait := 2
		if bits[i] != bits[i+1] {
			wait = 3
			if i+2 >= len(bits) {
				break
			}
		}
		count++
		waits += wait
		squares += wait * wait
		i += wait
	}
	if count < 2 {
		return 0, false
	}
	v := float64(count)
	mean := float64(waits) / v
	deviation := math.Sqrt(max(0, float64(squares)-float64(waits)*mean) / (v - 1))
	low := max(2, mean-z*deviation/math.Sqrt(v))
	if low >= 2.5 {
		return 1, true // no coin waits so long on average: step 8
	}
	return entropy(0.5 + math.Sqrt(1.25-low/2)), true
}
