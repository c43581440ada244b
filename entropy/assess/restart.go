package assess

import (
	"errors"
	"fmt"
	"math"
)

// RestartsWanted is the number of restarts, and of samples after each, that the standard asks for
// (§3.1.4.1).
const RestartsWanted = 1000

// Limits of a restart matrix, in restarts and in samples after each.
const (
	RestartsMin = 2
	RestartsMax = 4096
)

// restartAlarm is how often a good source may fail the sanity check (§3.1.4.3).
const restartAlarm = 0.01

// Errors of [Restart].
var (
	ErrRestartShape = errors.New("assess: a restart matrix has 2 to 4096 rows and columns, " +
		"all of one length")
	ErrRestartClaim = errors.New("assess: the entropy to hold a restart matrix against is more than " +
		"0 bits and at most the width of a symbol")
)

// RestartResult is what a matrix of restarts says. All entropies are bits per symbol.
type RestartResult struct {
	Verdict    string  `json:"verdict"`
	Passed     bool    `json:"passed"`
	MinEntropy float64 `json:"min_entropy"` // 0 if not passed
	SymbolBits int     `json:"symbol_bits"`
	Restarts   int     `json:"restarts"`
	Each       int     `json:"samples_each"`
	Initial    float64 `json:"initial"` // H_I, as given
	// Greatest is how often a symbol occurs in one row or column at most, and Cutoff how often it
	// may; of rows and columns, those where it is nearer to that.
	Greatest int       `json:"greatest"`
	Cutoff   int       `json:"cutoff"`
	Rows     Estimates `json:"rows"`    // over the samples restart by restart
	Columns  Estimates `json:"columns"` // over all first samples, then all second ones, and so on
	ByRows   float64   `json:"by_rows"`
	ByCols   float64   `json:"by_columns"`
	Notes    []string  `json:"notes,omitempty"`
}

// Restart holds the samples after restarts of a source, one row a restart, against its initial
// estimate H_I in bits per symbol, which is the least of assessment and claim (§3.1.4). A source
// that starts the same way each time shows in the columns. It passes if no symbol is too frequent
// in a row or column and neither way of reading the matrix is assessed below half of H_I. The
// result is then the least of the three. o.Claim is not used. Errors are [ErrRestartShape],
// [ErrRestartClaim] and those of [NewSequence].
func Restart(rows [][]byte, symbolBits int, initial float64, o Options) (*RestartResult, error) {
	if len(rows) < RestartsMin || len(rows) > RestartsMax {
		return nil, ErrRestartShape
	}
	restarts, each := len(rows), len(rows[0])
	if each < RestartsMin || each > RestartsMax {
		return nil, ErrRestartShape
	}
	byRow := make([]byte, 0, restarts*each)
	byColumn := make([]byte, restarts*each)
	for i, row := range rows {
		if len(row) != each {
			return nil, ErrRestartShape
		}
		byRow = append(byRow, row...)
		for j, v := range row {
			byColumn[j*restarts+i] = v
		}
	}
	q, err := NewSequence(byRow, symbolBits)
	if err != nil {
		return nil, err
	}
	if !(initial > 0 && initial <= float64(symbolBits)) {
		return nil, ErrRestartClaim
	}
	transposed, err := NewSequence(byColumn, symbolBits)
	if err != nil {
		panic("assess: BUG: the columns are not as good as the rows")
	}
	r := &RestartResult{SymbolBits: symbolBits, Restarts: restarts, Each: each, Initial: initial}
	alpha := -math.Expm1(math.Log1p(-restartAlarm) / float64(restarts+each))
	r.Greatest, r.Cutoff = greatest(q.symbols, each), cutoff(initial, each, alpha)
	byColumns := greatest(transposed.symbols, restarts)
	if c := cutoff(initial, restarts, alpha); byColumns-c > r.Greatest-r.Cutoff {
		r.Greatest, r.Cutoff = byColumns, c
	}
	r.assess(q, transposed, &o)
	r.judge()
	return r, nil
}

// greatest returns how often a symbol occurs within a line of the matrix at most.
func greatest(s []byte, line int) int {
	most := 0
	for ; len(s) > 0; s = s[line:] {
		for _, c := range countSymbols(s[:line]) {
			most = max(most, c)
		}
	}
	return most
}

// assess runs the estimators over the symbols, in both orders.
func (r *RestartResult) assess(rows, columns *Sequence, o *Options) {
	var runs []*run
	for _, q := range []*Sequence{rows, columns} {
		runs = append(runs, &run{text: q.symbols, distinct: max(2, q.distinct),
			binary: q.distinct <= 2})
	}
	execute(o, runs)
	read := func(run *run) (Estimates, float64) {
		all := Result{MinEntropy: math.Inf(1)}
		all.take(&run.found, "", 1)
		return all.Estimators, all.MinEntropy
	}
	r.Rows, r.ByRows = read(runs[0])
	r.Columns, r.ByCols = read(runs[1])
}

// judge decides (§3.1.4.2 and §3.1.4.3).
func (r *RestartResult) judge() {
	if r.Restarts != RestartsWanted || r.Each != RestartsWanted {
		r.Notes = append(r.Notes, fmt.Sprintf("%d restarts with %d samples each; the standard asks "+
			"for %d of both", r.Restarts, r.Each, RestartsWanted))
	}
	least := min(r.ByRows, r.ByCols)
	switch {
	case r.Greatest > r.Cutoff:
		r.Verdict = fmt.Sprintf("Restarts are alike: a symbol occurs %d times in a row or column of "+
			"the matrix, and with %s per symbol it would %d times at most.", r.Greatest,
			inBits(r.Initial), r.Cutoff)
	case least < r.Initial/2:
		r.Verdict = fmt.Sprintf("Restarts are alike: assessed at %s per symbol by rows and %s by "+
			"columns, which is below half of %s.", inBits(r.ByRows), inBits(r.ByCols),
			inBits(r.Initial))
	default:
		r.Passed, r.MinEntropy = true, min(least, r.Initial)
		r.Verdict = fmt.Sprintf("Restarts differ: %s of min-entropy per symbol, the least of %s "+
			"before, %s by rows and %s by columns.", inBits(r.MinEntropy), inBits(r.Initial),
			inBits(r.ByRows), inBits(r.ByCols))
	}
}

// cutoff returns how often the most frequent of n samples of min-entropy h occurs at most, but for
// a chance of alpha. The source for which it is greatest has as many symbols of probability 2^-h as
// there is room for, and one with the rest. NIST's tool draws from it; the chance can be computed.
func cutoff(h float64, n int, alpha float64) int {
	p := math.Exp2(-h)
	low, high := n/256, n // a count of n is always enough
	for low < high {
		x := (low + high) / 2
		if chanceAtMost(x, n, p) >= 1-alpha {
			high = x
		} else {
			low = x + 1
		}
	}
	return high
}

// chanceAtMost returns the chance that of n draws none of the symbols occurs more than x times. If
// the number of draws were a Poisson variable with mean n, the counts would be independent ones; so
// it is the chance of that and of n draws in all, over the chance of n draws in all.
func chanceAtMost(x, n int, p float64) float64 {
	kinds := math.Floor(1/p + 1e-9)
	rest := max(0, 1-kinds*p)
	all := []float64{1}
	square := poisson(float64(n)*p, x)
	for k := int(kinds); k > 0; k >>= 1 { // the power, by squares
		if k&1 == 1 {
			all = convolve(all, square, n)
		}
		if k > 1 {
			square = convolve(square, square, n)
		}
	}
	all = convolve(all, poisson(float64(n)*rest, x), n)
	if len(all) <= n {
		return 0 // not enough symbols for so many draws
	}
	return all[n] / poisson(float64(n), n)[n]
}

// poisson returns the chances of 0 to x for a Poisson variable with that mean.
func poisson(mean float64, x int) []float64 {
	chances := make([]float64, x+1)
	if mean < 1e-9 {
		chances[0] = 1
		return chances
	}
	for k := range chances {
		logFactorial, _ := math.Lgamma(float64(k + 1))
		chances[k] = math.Exp(float64(k)*math.Log(mean) - mean - logFactorial)
	}
	return chances
}

// convolve returns the chances of the sum of two variables, up to n.
func convolve(a, b []float64, n int) []float64 {
	sums := make([]float64, min(n+1, len(a)+len(b)-1))
	for i, x := range a {
		for j, y := range b[:max(0, min(len(b), len(sums)-i))] {
			sums[i+j] += x * y
		}
	}
	return sums
}
