package health

// Claim is a min-entropy per symbol, in thousandths of a bit: 1000 is a fair coin, 8000 a perfect
// byte. Integers, because 1/3 as a float gives another cutoff than 0.333 (62 against 61).
type Claim int

// Thousandths is the number of units of a [Claim] in one bit.
const Thousandths = 1000

// SymbolBitsMax is the width of the widest symbol.
const SymbolBitsMax = 64

// The chances α = 2^-exponent that a source exactly as good as its claim raises an alarm at one
// given symbol (repetition) or window (proportion).
const (
	StartupExponent    = 20 // during start-up: stricter, since a false alarm costs a retry
	ContinuousExponent = 30 // SP 800-90B §4.4 recommends 2^-20 to 2^-40
	PermanentExponent  = 60 // no accident: the claim is refuted
)

// Never is a cutoff that no run reaches, for a claim of nothing.
const Never = 1<<31 - 1

// RepetitionCutoff returns C = 1 + ceil(exponent / H) of SP 800-90B §4.4.1: that many equal
// symbols in a row are an alarm. A claim of zero or less promises nothing: [Never].
func RepetitionCutoff(claim Claim, exponent int) int {
	if claim <= 0 {
		return Never
	}
	return 1 + (exponent*Thousandths+int(claim)-1)/int(claim)
}

// Window returns the symbols in a window of the adaptive proportion test: 1024 for a binary
// source, otherwise 512 (SP 800-90B §4.4.2).
func Window(symbolBits int) int {
	if symbolBits == 1 {
		return 1024
	}
	return 512
}
