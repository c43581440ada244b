package vnet

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
)

// RED holds the parameters of Random Early Detection; zero values are the defaults. Frames are
// dropped as they come, with a probability that grows with the average queue length.
//
// Floyd and Jacobson, Random Early Detection Gateways for Congestion Avoidance, 1993; RFC 2309 §3.
// The average counts bytes; a frame's size does not make its drop likelier (RFC 7141 §4.1).
type RED struct {
	MinBytes int // below this average nothing is dropped
	MaxBytes int // from here on everything is; 0 sets it to half of QueueBytes, or 22,500 if
	// that is unlimited, and MinBytes to a third of it
	MaxProbability float64 // the chance of a drop as the average comes to MaxBytes; default 0.1
	Weight         float64 // of one arrival in the average; default 0.002
}

// The defaults of RED, for frames of 1,500 bytes: thresholds of 5 and 15, as in the 1993 paper.
const (
	redMaxBytes       = 22_500
	redMaxProbability = 0.1
	redWeight         = 0.002
	redMeanFrame      = 1000 // bytes; an idle link could have sent that many of these
)

func (r RED) filled(s Settings) RED {
	if r.MaxBytes == 0 {
		r.MaxBytes = redMaxBytes
		if s.QueueBytes > 0 {
			r.MaxBytes = max(2, s.QueueBytes/2)
		}
		r.MinBytes = r.MaxBytes / 3
	}
	if r.MaxProbability == 0 {
		r.MaxProbability = redMaxProbability
	}
	if r.Weight == 0 {
		r.Weight = redWeight
	}
	return r
}

func (r RED) validate() error {
	switch {
	case r.MinBytes < 0 || r.MinBytes > r.MaxBytes || r.MinBytes == r.MaxBytes && r.MaxBytes != 0:
		return invalid(units.Size(int64(r.MinBytes)),
			"RED's lower threshold is not below the upper one",
			"write red 15000B 45000B, or red alone for a sixth and a half of the queue")
	case !(r.MaxProbability >= 0 && r.MaxProbability <= 1):
		return invalid(strconv.FormatFloat(r.MaxProbability, 'g', -1, 64),
			"RED's probability is not in 0 to 1", "the usual one is 0.1")
	case !(r.Weight >= 0 && r.Weight <= 1):
		return invalid(strconv.FormatFloat(r.Weight, 'g', -1, 64),
			"RED's weight is not in 0 to 1", "the usual one is 0.002")
	}
	return nil
}

// words returns the parameters that are set, as far as the vocabulary has words for them.
func (r RED) words() []string {
	if r.MaxBytes == 0 {
		return nil
	}
	w := []string{units.Size(int64(r.MinBytes)), units.Size(int64(r.MaxBytes))}
	if r.MaxProbability != 0 {
		w = append(w, units.Probability(r.MaxProbability))
	}
	return w
}

type redState struct {
	RED               // with its defaults filled in
	average   float64 // bytes
	spared    int     // frames passed since the last drop, while the average is in between
	idleSince clock.Instant
	isIdle    bool
}

func (r *redState) idle(at clock.Instant) { r.idleSince, r.isIdle = at, true }

// redDrops takes the arrival of a frame into the average and says whether to drop it. The products
// are converted so that no machine fuses them with an addition: every machine draws the same.
func (d *Direction) redDrops(now clock.Instant) bool {
	r := &d.red
	if r.isIdle {
		frame := time.Duration(redMeanFrame * 8 * int64(time.Second) / d.set.Rate)
		r.average *= power(1-r.Weight, int64(now.Sub(r.idleSince)/max(1, frame)))
		r.isIdle = false
	} else {
		r.average += float64(r.Weight * (float64(d.waitingBytes) - r.average))
	}
	switch {
	case r.average < float64(r.MinBytes):
		r.spared = 0
		return false
	case r.average >= float64(r.MaxBytes):
		r.spared = 0
		return true
	}
	above := (r.average - float64(r.MinBytes)) / float64(r.MaxBytes-r.MinBytes)
	chance := r.MaxProbability * above
	// Drops are spread evenly: each frame spared makes the next drop likelier.
	if spread := 1 - float64(float64(r.spared)*chance); spread > chance {
		chance /= spread
	} else {
		chance = 1
	}
	r.spared++
	if d.rand.Chance(chance) {
		r.spared = 0
		return true
	}
	return false
}

// power returns x to the n by squaring: math.Pow may differ between machines.
func power(x float64, n int64) float64 {
	y := 1.0
	for ; n > 0 && y > 0; n >>= 1 {
		if n&1 == 1 {
			y *= x
		}
		x *= x
	}
	return y
}
