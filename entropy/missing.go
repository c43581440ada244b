package entropy

// NotReadyError says what a system waits for.
type NotReadyError struct {
	Credited, Needed int      // bits
	Sources          int      // noise sources that have been credited
	Reasons          []string // one for each source that does not deliver
	Err              error    // of the context
}

func (e *NotReadyError) Error() string { return "" }

// Unwrap returns the error of the context.
func (e *NotReadyError) Unwrap() error { return e.Err }
