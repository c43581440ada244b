package unikernel

import (
	"errors"
	"strings"
)

// ErrStopped is the cause of a service's context after a graceful stop was asked for; the cause
// may wrap it to say more. A service returns nil or the context's error then.
var ErrStopped = errors.New("unikernel: stopped")

// ErrKilled is the cause of a context that ends without grace: [Machine.Grace] is over at once. A
// lab's crash wraps it.
var ErrKilled = errors.New("unikernel: killed")

// ErrShown is returned by [Config.Decode] after it has printed what --help or --print-config asks
// for. A service returns it; the process ends with exit code 0.
var ErrShown = errors.New("unikernel: shown what was asked for")

// Problem is one thing that is wrong with the settings.
type Problem struct {
	Text string // a sentence without a full stop: unknown flag --lisen
	Hint string // what to do about it; may be empty
}

// UsageError says all that is wrong with the settings of a machine: exit code 2.
type UsageError struct {
	Problems []Problem
}

// Error returns all problems in one line, hints in brackets.
func (e *UsageError) Error() string {
	var texts []string
	for _, p := range e.Problems {
		if p.Hint != "" {
			p.Text += " (" + p.Hint + ")"
		}
		texts = append(texts, p.Text)
	}
	return strings.Join(texts, "; ")
}
