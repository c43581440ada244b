package assess

import "math"

// z is the 99.5th percentile of the normal distribution: the bounds are the ends of a two-sided
// interval of 99 %. The standard rounds it to 2.576; NIST's tool and we do not.
const z = 2.5758293035489008

// upper returns the upper end of the confidence interval of a probability that was measured as p
// over n trials (§6.3.1 step 2).
func upper(p float64, n int) float64 {
	return min(1, p+z*math.Sqrt(p*(1-p)/float64(n-1)))
}

// entropy returns the min-entropy in bits of a guess that is right with probability p.
func entropy(p float64) float64 {
	if p >= 1 {
		return 0 // and not minus zero
	}
	return -math.Log2(p)
}

// sum adds numbers of very different sizes without losing the small ones (Kahan).
type sum struct{ total, lost float64 }

func (s *sum) add(x float64) {
	y := x - s.lost
	t := s.total + y
	s.lost = (t - s.total) - y
	s.total = t
}

// longest keeps the length of the present run of successes and of the longest one.
type longest struct{ run, most int }

func (l *longest) add(success bool) {
	if !success {
		l.run = 0
		return
	}
	l.run++
	l.most = max(l.most, l.run)
}
