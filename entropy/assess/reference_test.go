package assess

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var reference = flag.String("reference", "",
	"folder of a checkout of usnistgov/SP800-90B_EntropyAssessment, to compare with its results")

// spelled are the names of NIST's tool for the estimators.
var spelled = map[string]string{
	"Most Common Value Estimate": MostCommon, "Collision Estimate": Collision,
	"Markov Estimate": Markov, "Compression Estimate": Compression, "t-Tuple Estimate": TTuple,
	"LRS Estimate": LongestRepeat, "MultiMCW Prediction Estimate": MultiMCW,
	"Lag Prediction Estimate": Lag, "MultiMMC Prediction Estimate": MultiMMC,
	"LZ78Y Prediction Estimate": LZ78Y,
}

var (
	estimateLine = regexp.MustCompile(`^(Literal|Bitstring) (.*): min entropy = (.*)$`)
	loadedLine   = regexp.MustCompile(`^Loaded \d+ samples of \d+ distinct (\d)-bit-wide symbols`)
)

// TestReference compares with the results that NIST publishes beside its tool, for eleven files of
// up to a million samples, when it is given a checkout with -reference.
func TestReference(t *testing.T) {
	if *reference == "" {
		t.Skip("needs -reference")
	}
	files, err := filepath.Glob(filepath.Join(*reference, "cpp/selftest/refdata/*.res"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no results in %s: %v", *reference, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".res")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(*reference, "bin", name+".bin"))
			if err != nil {
				t.Fatal(err)
			}
			compareReference(t, string(text), data)
		})
	}
}

func compareReference(t *testing.T, text string, data []byte) {
	width, want := 0, map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := loadedLine.FindStringSubmatch(line); m != nil {
			width, _ = strconv.Atoi(m[1])
		}
		if m := estimateLine.FindStringSubmatch(line); m != nil {
			bits, err := strconv.ParseFloat(m[3], 64)
			if err != nil {
				t.Fatal(err)
			}
			name := spelled[m[2]]
			if m[1] == "Bitstring" {
				name, bits = BitstringPrefix+name, bits*float64(width)
			}
			want[name] = bits
		}
		if text, ok := strings.CutPrefix(line, "Assessed min entropy: "); ok {
			want["assessed"], _ = strconv.ParseFloat(text, 64)
		}
	}
	q, err := NewSequence(data, width)
	if err != nil {
		t.Fatal(err)
	}
	r := Assess(q, Options{})
	got := map[string]float64{"assessed": r.MinEntropy}
	for _, e := range r.Estimators {
		got[e.Name] = e.Bits
	}
	worst := 0.0
	for name, bits := range want {
		d := math.Abs(got[name] - bits)
		worst = max(worst, d)
		if !(d < 1e-6) {
			t.Errorf("%s = %.9f, the reference %.9f", name, got[name], bits)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d estimates, the reference has %d", len(got), len(want))
	}
	t.Logf("%d values, greatest difference %.2g, %s binds", len(want), worst, r.Binding)
}
