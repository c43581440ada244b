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

// compareReference wants the assessment of data to be what the tool printed.
func compareReference(t *testing.T, text string, data []byte) {
	width, want := 0, map[string]float64{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if m := loadedLine.FindStringSubmatch(line); m != nil {
			width, _ = strconv.Atoi(m[1])
		}
		if m := estimateLine.FindStringSubmatch(line); m != nil {
			name, bits := spelled[m[2]], number(t, m[3])
			if m[1] == "Bitstring" {
				name, bits = BitstringPrefix+name, bits*float64(width)
			}
			want[name] = bits
		}
		if bits, ok := strings.CutPrefix(line, "Assessed min entropy: "); ok {
			want["assessed"] = number(t, bits)
		}
	}
	compareEstimates(t, sequence(t, data, width), want)
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// compareEstimates wants those estimates and no others.
func compareEstimates(t *testing.T, q *Sequence, want map[string]float64) {
	r := Assess(q, Options{})
	got := map[string]float64{"assessed": r.MinEntropy}
	for _, e := range r.Estimators {
		got[e.Name] = e.Bits
	}
	worst := 0.0
	for name, bits := range want {
		d := math.Abs(got[name] - bits)
		worst = max(worst, d)
		if !(d < 1e-9) { // 1e-6 is what we promise
			t.Errorf("%s = %.12f, the reference %.12f", name, got[name], bits)
		}
	}
	if len(want) != len(got) {
		t.Errorf("%d estimates, the reference has %d", len(got), len(want))
	}
	t.Logf("%d values, greatest difference %.2g, %s binds", len(want), worst, r.Binding)
}

// TestReferenceVectors compares with what NIST's tool says of sequences that we can make again.
func TestReferenceVectors(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.txt")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]*source{}
	for i := range sources {
		made[strings.ReplaceAll(sources[i].name, " ", "-")] = &sources[i]
	}
	for block := range strings.SplitSeq(string(text), "\n\n") {
		head, body, _ := strings.Cut(block, "\n")
		f := strings.Fields(head)
		if strings.HasPrefix(head, "#") {
			continue
		}
		t.Run(strings.Join(f, "-"), func(t *testing.T) {
			n, width := int(number(t, f[1])), int(number(t, f[2]))
			if raceEnabled && n*width > 50_000 {
				t.Skip("too slow under the race detector")
			}
			data := noise(1, n, width)
			if f[0] != "noise" {
				data = made[f[0]].sample(1, n)
			}
			want := map[string]float64{}
			for line := range strings.Lines(body) {
				name, bits, _ := strings.Cut(strings.TrimSpace(line), " ")
				want[name] = number(t, bits)
			}
			compareEstimates(t, sequence(t, data, width), want)
		})
	}
}
