package health

// Repetition is the repetition count test of SP 800-90B §4.4.1. The zero value is ready.
type Repetition struct {
	last uint64
	run  int // symbols in a row equal to last; 0 before the first
}

// Add takes the next symbol and returns the length of the run that it ends, at least 1.
func (t *Repetition) Add(symbol uint64) int {
	if t.run > 0 && symbol == t.last {
		if t.run < Never-1 {
			t.run++
		}
		return t.run
	}
	t.last, t.run = symbol, 1
	return 1
}
