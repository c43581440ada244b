package assess

import (
	"math"
	"slices"
	"testing"
)

func TestPlot(t *testing.T) {
	q := sequence(t, []byte{3, 3, 1, 0, 0, 0, 1, 2}, 2)
	p := Plot(q)
	if want := []int{3, 2, 1, 2}; !slices.Equal(p.Histogram, want) {
		t.Errorf("histogram %v, want %v", p.Histogram, want)
	}
	if want := []int{3, 1, 1}; !slices.Equal(p.Runs[:3], want) { // 33 1 000 1 2
		t.Errorf("runs %v, want %v", p.Runs[:3], want)
	}
	want := []byte{1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0}
	if !slices.Equal(p.Image, want) {
		t.Errorf("image %v, want %v", p.Image, want)
	}
	if got := p.Autocorrelation; len(got) != 7 || math.Abs(got[0]-slowCorrelation(q.raw, 1)) > 1e-12 {
		t.Errorf("autocorrelation %v, want %v first, of 7", got, slowCorrelation(q.raw, 1))
	}
	if p.SymbolBits != 2 || p.Samples != 8 {
		t.Errorf("%d bits, %d samples", p.SymbolBits, p.Samples)
	}
}

// slowCorrelation is the correlation at a lag as it is defined.
func slowCorrelation(s []byte, lag int) float64 {
	mean, spread, sum := 0.0, 0.0, 0.0
	for _, v := range s {
		mean += float64(v) / float64(len(s))
	}
	for i, v := range s {
		spread += (float64(v) - mean) * (float64(v) - mean)
		if i >= lag {
			sum += (float64(v) - mean) * (float64(s[i-lag]) - mean)
		}
	}
	return sum / spread
}

func TestPlotOfNoise(t *testing.T) {
	p := Plot(sequence(t, noise(1, 100_000, 4), 4))
	outside := 0
	for lag, c := range p.Autocorrelation {
		if math.Abs(c) > p.AutocorrelationBound {
			outside++
		}
		if want := slowCorrelation(noise(1, 100_000, 4), lag+1); math.Abs(c-want) > 1e-9 {
			t.Fatalf("lag %d: %v, want %v", lag+1, c, want)
		}
	}
	if len(p.Autocorrelation) != PlotLags || outside > 4 {
		t.Errorf("%d of %d lags are outside of the bound, want 1 or so", outside, PlotLags)
	}
	for i, want := range p.RunsExpected {
		if got := float64(p.Runs[i]); math.Abs(got-want) > 4*math.Sqrt(want)+1 {
			t.Errorf("%v runs of length %d, expected %.1f", got, i+1, want)
		}
	}
	if len(p.Image) != ImageColumns*ImageRows {
		t.Errorf("image of %d bits", len(p.Image))
	}
}

func TestPlotOfConstant(t *testing.T) {
	p := Plot(sequence(t, make([]byte, 100), 1))
	if p.Runs[PlotRuns-1] != 1 || slices.Max(p.Autocorrelation) != 0 || len(p.Image) != 100 {
		t.Errorf("%+v; want one long run, no correlation", p)
	}
}
