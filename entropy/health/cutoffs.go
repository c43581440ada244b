package health

// Limits are the cutoffs of both tests at one α. A test whose number reaches its limit alarms.
type Limits struct {
	Repetition int // equal symbols in a row
	Proportion int // symbols of a window equal to its first, which is one of them
}

// Cutoffs are all that a [Monitor] knows about its source. A program gets them for any claim from
// entropy/health/cutoff, a kernel for some claims from [Tabulated].
type Cutoffs struct {
	Claim      Claim // per symbol
	SymbolBits int   // 1 to [SymbolBitsMax]
	Window     int   // symbols; a Proportion limit above it is out of reach, see cutoff.Proportion

	Startup, Continuous, Permanent Limits // at the α of the exponents of the same names
}

// Tabulated returns cutoffs for the largest claim of the table that is not above the one given.
// The returned Claim is what may be credited then: a test for a lower claim does not support a
// higher one. It reports false if there is none.
func Tabulated(claim Claim, symbolBits int) (c Cutoffs, ok bool) {
	if symbolBits < 1 || symbolBits > SymbolBitsMax {
		return c, false
	}
	window := Window(symbolBits)
	for i := range table {
		t := &table[i]
		if t.Window != window || t.Claim > claim || t.Claim <= c.Claim ||
			int(t.Claim) > symbolBits*Thousandths {
			continue
		}
		c, ok = *t, true
	}
	c.SymbolBits = symbolBits
	return c, ok
}
