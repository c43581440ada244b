package health

// Proportion is the adaptive proportion test of SP 800-90B §4.4.2. The zero value with a Window
// is ready.
type Proportion struct {
	Window int // symbols

	first uint64 // of the window
	seen  int    // symbols of the window
	count int    // of these equal to first, itself included
}

// Add takes the next symbol and returns how many of the window so far equal its first symbol, at
// least 1. After Window symbols the next one begins a new window.
func (t *Proportion) Add(symbol uint64) int {
	if t.seen == 0 || t.seen >= t.Window {
		t.first, t.seen, t.count = symbol, 1, 1
		return 1
	}
	t.seen++
	if symbol == t.first {
		t.count++
	}
	return t.count
}
