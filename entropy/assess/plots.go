package assess

import "math"

// Sizes of plots.
const (
	PlotLags     = 64  // lags of the autocorrelation
	PlotRuns     = 24  // lengths of runs; the last stands for that and longer
	ImageColumns = 256 // bits in a row of the image
	ImageRows    = 128
)

// Plots is what a person may want to look at. It is data; package report draws it.
type Plots struct {
	SymbolBits int
	Samples    int
	// Histogram is how often each symbol occurs, from 0 to 2^SymbolBits - 1.
	Histogram []int
	// Autocorrelation is how samples go with those 1 to [PlotLags] places before, from -1 to 1.
	// Noise stays within AutocorrelationBound of 0 in 99 of 100 places.
	Autocorrelation      []float64
	AutocorrelationBound float64
	// Runs is how many runs of one symbol have length 1, 2 and so on; RunsExpected is how many
	// independent samples with that histogram would have.
	Runs         []int
	RunsExpected []float64
	// Image is the first bits of the sequence, one a byte, [ImageColumns] in a row; at most
	// [ImageRows] rows, the last one possibly short.
	Image []byte
}

// Plot collects what to draw of a sequence.
func Plot(q *Sequence) *Plots {
	counts := countSymbols(q.raw)
	p := &Plots{SymbolBits: q.symbolBits, Samples: q.Len(), Histogram: counts[:1<<q.symbolBits],
		AutocorrelationBound: z / math.Sqrt(float64(q.Len()))}
	p.Autocorrelation = autocorrelation(q.raw)
	p.Runs, p.RunsExpected = runLengths(q.raw), expectedRuns(p.Histogram, q.Len())
	enough := (ImageColumns*ImageRows + q.symbolBits - 1) / q.symbolBits
	first := Sequence{raw: q.raw[:min(q.Len(), enough)], symbolBits: q.symbolBits}
	bits := first.bitstring()
	p.Image = bits[:min(len(bits), ImageColumns*ImageRows)]
	return p
}

// autocorrelation returns the correlation of samples at each lag. Lags that are as long as the
// sequence are left out, and all are 0 if the samples are the same.
func autocorrelation(s []byte) []float64 {
	const middle = 128 // taken off, so that means are small and nothing is lost beside them
	var sum, squares int64
	for _, v := range s {
		x := int64(v) - middle
		sum += x
		squares += x * x
	}
	n := float64(len(s))
	mean := float64(sum) / n
	// Conversions keep a compiler from fusing products into sums, which would give other digits on
	// other machines.
	spread := float64(squares) - float64(mean*float64(sum))
	all := make([]float64, min(PlotLags, len(s)-1))
	head, tail := sum, sum // of all but the last samples, as many as the lag, and all but the first
	for i := range all {
		lag := i + 1
		head -= int64(s[len(s)-lag]) - middle
		tail -= int64(s[lag-1]) - middle
		var products int64
		for j := lag; j < len(s); j++ {
			products += (int64(s[j]) - middle) * (int64(s[j-lag]) - middle)
		}
		if spread > 0 {
			means := float64(mean*float64(head+tail)) - float64(mean*mean)*(n-float64(lag))
			all[i] = (float64(products) - means) / spread
		}
	}
	return all
}

// runLengths counts runs by their length.
func runLengths(s []byte) []int {
	counts := make([]int, PlotRuns)
	length := 0
	for i, v := range s {
		if i > 0 && v != s[i-1] {
			counts[min(length, PlotRuns)-1]++
			length = 0
		}
		length++
	}
	counts[min(length, PlotRuns)-1]++
	return counts
}

// expectedRuns returns how many runs of each length n independent samples have.
func expectedRuns(histogram []int, n int) []float64 {
	expected := make([]float64, PlotRuns)
	for _, count := range histogram {
		p := float64(count) / float64(n)
		power := p // p^length
		for i := range expected {
			chance := power * (1 - p) * (1 - p)
			if i == PlotRuns-1 {
				chance = power * (1 - p)
			}
			expected[i] += float64(chance * float64(n))
			power *= p
		}
	}
	return expected
}
