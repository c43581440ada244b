package assess

import (
	"errors"
	"fmt"
)

// Limits of a sequence, in samples.
const (
	SamplesMin    = 2         // fewer say nothing
	SamplesWanted = 1_000_000 // SP 800-90B §3.1.1: at least a million consecutive samples
	SamplesMax    = 1 << 24   // eight bits each make 2^27 bits, and about 2 GB of memory
)

// SymbolBitsMax is the width of the widest symbol that the estimators take (§6.4 maps wider ones
// down to this).
const SymbolBitsMax = 8

// Errors of [NewSequence].
var (
	ErrSymbolBits = errors.New("assess: symbols are 1 to 8 bits wide")
	ErrTooShort   = errors.New("assess: fewer than 2 samples")
	ErrTooLong    = errors.New("assess: more than 16777216 samples")
)

// WideSymbolError says that a sample does not fit the width: the samples are probably packed, or
// wider than said.
type WideSymbolError struct {
	Index      int // of the sample, from 0
	Symbol     byte
	SymbolBits int
}

// Error says which sample is too wide.
func (e *WideSymbolError) Error() string {
	return fmt.Sprintf("assess: sample %d is %d, which is wider than %d bits", e.Index, e.Symbol,
		e.SymbolBits)
}

// Sequence is a run of consecutive samples of one source. It is not changed after it is made.
type Sequence struct {
	raw        []byte // as given, one sample a byte
	symbols    []byte // renumbered to 0..distinct-1, in the order of their values
	symbolBits int
	distinct   int
}

// NewSequence makes a sequence of samples, one a byte, each symbolBits wide (1 to
// [SymbolBitsMax]). It keeps samples, which must not change while the sequence is used. Errors are
// [ErrSymbolBits], [ErrTooShort], [ErrTooLong] and *[WideSymbolError].
func NewSequence(samples []byte, symbolBits int) (*Sequence, error) {
	switch {
	case symbolBits < 1 || symbolBits > SymbolBitsMax:
		return nil, ErrSymbolBits
	case len(samples) < SamplesMin:
		return nil, ErrTooShort
	case len(samples) > SamplesMax:
		return nil, ErrTooLong
	}
	var seen [256]bool
	for i, s := range samples {
		if int(s)>>symbolBits != 0 {
			return nil, &WideSymbolError{i, s, symbolBits}
		}
		seen[s] = true
	}
	q := &Sequence{raw: samples, symbols: samples, symbolBits: symbolBits}
	var number [256]byte
	gap := false // some value below the greatest never occurs
	for v, there := range seen {
		if there {
			number[v] = byte(q.distinct)
			gap = gap || v != q.distinct
			q.distinct++
		}
	}
	if gap {
		q.symbols = make([]byte, len(samples))
		for i, s := range samples {
			q.symbols[i] = number[s]
		}
	}
	return q, nil
}

// Len returns the number of samples.
func (q *Sequence) Len() int { return len(q.raw) }

// SymbolBits returns the width of a sample in bits.
func (q *Sequence) SymbolBits() int { return q.symbolBits }

// Distinct returns how many different symbols occur.
func (q *Sequence) Distinct() int { return q.distinct }

// bitstring returns the bits of all samples, one a byte, the most significant bit of each first
// (§3.1.3). It must not be written to.
func (q *Sequence) bitstring() []byte {
	if q.symbolBits == 1 {
		return q.raw
	}
	bits := make([]byte, 0, len(q.raw)*q.symbolBits)
	for _, s := range q.raw {
		for at := q.symbolBits - 1; at >= 0; at-- {
			bits = append(bits, s>>at&1)
		}
	}
	return bits
}
