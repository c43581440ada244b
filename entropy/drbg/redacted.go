package drbg

import "fmt"

// hidden keeps a secret where fmt cannot print it. Format is not enough: fmt may not call it for an
// unexported field of another struct, and where a verb does not fit a pointer, it prints what that
// points to. It follows one pointer, never two.
type hidden[T any] struct{ to **T }

func hide[T any](secret *T) hidden[T] { return hidden[T]{&secret} }

// get returns the secret, or nil of a zero value.
func (h hidden[T]) get() *T {
	if h.to == nil {
		return nil
	}
	return *h.to
}

// Format prints the name of the type for every verb.
func (CTR) Format(f fmt.State, _ rune) { redact(f, "CTR") }

// Format prints the name of the type for every verb.
func (HMAC) Format(f fmt.State, _ rune) { redact(f, "HMAC") }

// Format prints the name of the type for every verb.
func (Generator) Format(f fmt.State, _ rune) { redact(f, "Generator") }

func redact(f fmt.State, name string) { fmt.Fprintf(f, "drbg.%s(redacted)", name) }
