package assess

import "strconv"

// The statistics of the permutation tests (§5.1.1 to §5.1.11); two of them are taken at five lags.
var statisticNames = [...]string{"excursion", "directional_runs", "longest_directional_run",
	"increases_decreases", "median_runs", "longest_median_run", "average_collision",
	"greatest_collision", "periodicity_1", "periodicity_2", "periodicity_8", "periodicity_16",
	"periodicity_32", "covariance_1", "covariance_2", "covariance_8", "covariance_16",
	"covariance_32", "compression"}

// Positions in statisticNames where groups begin.
const (
	atExcursion   = 0
	atDirectional = 1
	atMedian      = 4
	atCollision   = 6
	atPeriodicity = 8
	atCovariance  = 13
	atCompression = 18
	statistics    = 19
)

// statisticLags are the lags of periodicity and covariance (§5.1.9, §5.1.10).
var statisticLags = [...]int{1, 2, 8, 16, 32}

// statisticSamplesMin is how many samples the statistics need: over bits, eight go into one, and
// the greatest lag looks back 32.
const statisticSamplesMin = 8 * 34

// wanted says which statistics to compute.
type wanted [statistics]bool

func (w *wanted) any(from, to int) bool {
	for _, want := range w[from:to] {
		if want {
			return true
		}
	}
	return false
}

// shape is what permutations of one sequence have in common.
type shape struct {
	value       [256]int64 // of each symbol, as given
	total       int64      // of the values of all samples
	twiceMedian int        // of the symbols; half of it may lie between two
	binary      bool
}

func newShape(q *Sequence) *shape {
	h := &shape{binary: q.distinct == 2, twiceMedian: 1} // of bits 1/2, by §5.1.5
	for i, v := range q.symbols {
		h.value[v] = int64(q.raw[i])
		h.total += int64(q.raw[i])
	}
	if !h.binary {
		h.twiceMedian = twiceMedian(q.symbols)
	}
	return h
}

// twiceMedian returns twice the middle symbol, or the sum of the two in the middle.
func twiceMedian(s []byte) int {
	counts, n := countSymbols(s), len(s)
	at := func(place int) int {
		v := 0
		for place -= counts[0]; place >= 0; place -= counts[v] {
			v++
		}
		return v
	}
	return at((n-1)/2) + at(n/2)
}

// compute computes the wanted statistics of s, a permutation of the symbols.
func (h *shape) compute(s []byte, want *wanted) (t [statistics]float64) {
	if want[atExcursion] {
		t[atExcursion] = h.excursion(s)
	}
	if want.any(atMedian, atCollision) {
		t[atMedian], t[atMedian+1] = medianRuns(s, h.twiceMedian)
	}
	runs, collided := s, s
	if h.binary { // conversions I and II of §5.1
		runs, collided = eighths(s)
	}
	if want.any(atDirectional, atMedian) {
		copy(t[atDirectional:], directional(runs))
	}
	if want.any(atCollision, atPeriodicity) {
		t[atCollision], t[atCollision+1] = collisions(collided)
	}
	values := &h.value
	if h.binary {
		values = &identity
	}
	for i, lag := range statisticLags {
		if want[atPeriodicity+i] {
			same := 0
			for j := lag; j < len(runs); j++ {
				if runs[j] == runs[j-lag] {
					same++
				}
			}
			t[atPeriodicity+i] = float64(same)
		}
		if want[atCovariance+i] {
			sum := int64(0)
			for j := lag; j < len(runs); j++ {
				sum += values[runs[j]] * values[runs[j-lag]]
			}
			t[atCovariance+i] = float64(sum)
		}
	}
	if want[atCompression] {
		t[atCompression] = float64(h.compressedBytes(s))
	}
	return t
}

// identity are the values of symbols that are numbers already.
var identity = func() (v [256]int64) {
	for i := range v {
		v[i] = int64(i)
	}
	return v
}()

// excursion is how far the running sum strays from that of the mean (§5.1.1). It is computed times
// the length, in integers.
func (h *shape) excursion(s []byte) float64 {
	n := int64(len(s))
	var sum, most int64 // sum of the values less the mean, times n
	for _, v := range s {
		sum += h.value[v]*n - h.total
		most = max(most, sum, -sum)
	}
	return float64(most) / float64(n)
}

// directional returns the number of runs in which values do not fall or fall, the longest one, and
// the greater of the numbers of increases and decreases (§5.1.2 to §5.1.4).
func directional(s []byte) []float64 {
	count, up := 1, 0
	l := longest{1, 1}
	rising := s[1] >= s[0]
	for i := 1; i < len(s); i++ {
		rises := s[i] >= s[i-1]
		if rises {
			up++
		}
		if i > 1 {
			if rises != rising {
				count++
				l.run = 0
			}
			l.add(true)
		}
		rising = rises
	}
	return []float64{float64(count), float64(l.most), float64(max(up, len(s)-1-up))}
}

// medianRuns returns the number of runs on one side of the median and the longest one (§5.1.5,
// §5.1.6).
func medianRuns(s []byte, twiceMedian int) (count, most float64) {
	runs := 0
	var l longest
	var last bool
	for i, v := range s {
		above := 2*int(v) >= twiceMedian
		if i == 0 || above != last {
			runs++
			l.run = 0
		}
		l.add(true)
		last = above
	}
	return float64(runs), float64(l.most)
}

// collisions returns the mean and the greatest number of samples until one occurs again (§5.1.7,
// §5.1.8); after each, it begins anew.
func collisions(s []byte) (mean, most float64) {
	var seen [256]int // where, from 1
	count, total, greatest, start := 0, 0, 0, 1
	for i, v := range s {
		at := i + 1
		if seen[v] >= start {
			length := at - start + 1
			count++
			total += length
			greatest = max(greatest, length)
			start = at + 1
			continue
		}
		seen[v] = at
	}
	if count == 0 {
		return 0, 0
	}
	return float64(total) / float64(count), float64(greatest)
}

// eighths turns bits into one value for every eight: how many are set, and the byte they make.
func eighths(s []byte) (ones, bytes []byte) {
	n := (len(s) + 7) / 8
	ones, bytes = make([]byte, n), make([]byte, n)
	for i, b := range s {
		ones[i/8] += b
		bytes[i/8] |= b << (7 - i%8)
	}
	return ones, bytes
}

// counter counts the bytes written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// compressedBytes is the length of the values in decimals, with spaces between, after bzip2
// (§5.1.11).
func (h *shape) compressedBytes(s []byte) int {
	var texts [256][]byte
	for v, value := range h.value {
		texts[v] = strconv.AppendInt([]byte{' '}, value, 10)
	}
	var size counter
	z := newBzip2Writer(&size)
	z.Write(texts[s[0]][1:])
	for _, v := range s[1:] {
		z.Write(texts[v])
	}
	if err := z.Close(); err != nil {
		panic("assess: BUG: counting bytes failed")
	}
	return int(size)
}
