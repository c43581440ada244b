package assess

import (
	"math"
	"sync/atomic"
)

// Executor runs tasks that do not depend on each other, in any order or at once, and returns when
// all are done. The package comment shows one.
type Executor func(tasks []func())

// inOrder is the executor of those who give none.
func inOrder(tasks []func()) {
	for _, task := range tasks {
		task()
	}
}

// Options say how to assess. The zero value is fine.
type Options struct {
	// Claim is the min-entropy that the source claims, in thousandths of a bit per symbol, as
	// package health has it; 0 is no claim.
	Claim int
	// Run is nil to work in order on the caller's goroutine.
	Run Executor
	// Progress, if not nil, is told how much of the work is done. An executor that runs tasks at
	// once makes it be called at once.
	Progress func(done, total int)
}

// executor returns how to run tasks.
func (o *Options) executor() Executor {
	if o.Run == nil {
		return inOrder
	}
	return o.Run
}

// Names of the estimators (§6.3.1 to §6.3.10). Over the bitstring they have [BitstringPrefix] in
// front.
const (
	MostCommon    = "most_common"
	Collision     = "collision"
	Markov        = "markov"
	Compression   = "compression"
	TTuple        = "t_tuple"
	LongestRepeat = "lrs"
	MultiMCW      = "multi_mcw"
	Lag           = "lag"
	MultiMMC      = "multi_mmc"
	LZ78Y         = "lz78y"
)

// BitstringPrefix begins the names of estimates over the bits of all symbols.
const BitstringPrefix = "bitstring_"

// order is the order of the estimators in a result: that of the standard.
var order = [...]string{MostCommon, Collision, Markov, Compression, TTuple, LongestRepeat, MultiMCW,
	Lag, MultiMMC, LZ78Y}

// lacks says what is missing when an estimator has no answer.
var lacks = map[string]string{
	Collision:     "fewer than two collisions",
	Compression:   "1001 blocks of six bits or fewer",
	TTuple:        "no symbol occurs 35 times",
	LongestRepeat: "no tuple that is repeated occurs fewer than 35 times",
	MultiMCW:      "4095 samples or fewer",
	Lag:           "fewer than 3 samples",
	MultiMMC:      "fewer than 4 samples",
	LZ78Y:         "fewer than 19 samples",
}

// run is the work over one text: the symbols, or the bits.
type run struct {
	text     []byte
	distinct int // symbols of the text are below it
	binary   bool
	found    [len(order)]found // by the position in order
}

type found struct {
	bits float64 // per symbol of the text
	ok   bool
	ran  bool // false: not for such a text
}

// tasks returns the work, the longest first, so that it spreads evenly.
func (r *run) tasks() []func() {
	set := func(at int, bits float64, ok bool) { r.found[at] = found{bits, ok, true} }
	s := r.text
	tuples := func() {
		repeats := countRepeats(s, r.distinct)
		bits, ok := tTuple(repeats, len(s), tupleCountMin)
		set(4, bits, ok)
		bits, ok = longestRepeat(repeats, len(s), tupleCountMin)
		set(5, bits, ok)
	}
	common := func() { set(0, mostCommon(s), true) }
	if !r.binary {
		return []func(){
			func() { bits, ok := multiMMC(s, r.distinct, mmcDepth); set(8, bits, ok) },
			tuples,
			func() { bits, ok := lz78y(s, r.distinct, lzDepth); set(9, bits, ok) },
			func() { bits, ok := multiMCW(s, r.distinct, commonWindows); set(6, bits, ok) },
			func() { bits, ok := lag(s, r.distinct, lags); set(7, bits, ok) },
			common,
		}
	}
	return []func(){
		tuples,
		func() { bits, ok := multiMMCBits(s); set(8, bits, ok) },
		func() { bits, ok := lz78yBits(s); set(9, bits, ok) },
		func() { bits, ok := compression(s, dictionaryBlocks); set(3, bits, ok) },
		func() { bits, ok := multiMCWBits(s); set(6, bits, ok) },
		func() { bits, ok := lagBits(s); set(7, bits, ok) },
		func() { bits, ok := collision(s); set(1, bits, ok) },
		func() { set(2, markov(s), true) },
		common,
	}
}

// runsOf returns the texts to work over: the symbols, and if there are more than two different
// ones, the bits too (§3.1.3). The estimators for bits alone run over whichever is binary.
func runsOf(q *Sequence) []*run {
	if q.distinct <= 2 {
		return []*run{{text: q.symbols, distinct: 2, binary: true}}
	}
	return []*run{
		{text: q.bitstring(), distinct: 2, binary: true},
		{text: q.symbols, distinct: q.distinct},
	}
}

// Assess estimates the min-entropy of a sequence: the least of all estimates, those over the
// bitstring taken times the width of a symbol.
func Assess(q *Sequence, o Options) *Result {
	runs := runsOf(q)
	execute(&o, runs)
	r := &Result{MinEntropy: math.Inf(1), SymbolBits: q.symbolBits, Samples: q.Len(),
		Distinct: q.distinct}
	for i := len(runs) - 1; i >= 0; i-- { // symbols before bits
		prefix, scale := "", 1.0
		if len(runs) == 2 && i == 0 {
			prefix, scale = BitstringPrefix, float64(q.symbolBits)
		}
		r.take(&runs[i].found, prefix, scale)
	}
	r.judge(o.Claim)
	return r
}

// execute runs the tasks of all runs and reports progress.
func execute(o *Options, runs []*run) {
	var tasks []func()
	for _, r := range runs {
		tasks = append(tasks, r.tasks()...)
	}
	if o.Progress != nil {
		total := len(tasks)
		var done atomic.Int64
		for i, task := range tasks {
			tasks[i] = func() {
				task()
				o.Progress(int(done.Add(1)), total)
			}
		}
		o.Progress(0, total)
	}
	o.executor()(tasks)
}
