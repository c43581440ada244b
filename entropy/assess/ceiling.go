package assess

import "math"

// ceilingSigmas puts the ceiling where perfect noise falls below it once in a thousand assessments.
const ceilingSigmas = 3.09

// Ceiling returns the assessment, in bits per symbol, that perfect noise of that many samples
// reaches but for once in a thousand: a claim above it can be refuted, and never confirmed. It
// comes from the compression estimate, which lies lowest for perfect noise. For so few samples that
// the estimate has no answer it returns symbolBits.
func Ceiling(samples, symbolBits int) float64 {
	blocks := samples * symbolBits / blockBits
	if blocks <= dictionaryBlocks+1 {
		return float64(symbolBits)
	}
	// The distance of two equal blocks is geometric. The series ends where nothing is added.
	const p = 1.0 / blockKinds
	var mean, squares sum
	chance := p
	for d := 1; chance > 1e-20; d++ {
		log := math.Log2(float64(d))
		mean.add(chance * log)
		squares.add(chance * log * log)
		chance *= 1 - p
	}
	deviation := compressionFactor * math.Sqrt(squares.total-mean.total*mean.total)
	v := float64(blocks - dictionaryBlocks)
	bound := mean.total - (z+ceilingSigmas)*deviation/math.Sqrt(v)
	return float64(symbolBits) * compressed(bound, logarithms(blocks), dictionaryBlocks)
}
