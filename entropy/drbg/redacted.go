package drbg

import "fmt"

// A generator keeps its secrets behind a pointer: so fmt shows an address at most, even where it
// may not call Format, which is so for unexported fields of other structs.

// Format prints the name of the type for every verb.
func (CTR) Format(f fmt.State, _ rune) { redact(f, "CTR") }

// Format prints the name of the type for every verb.
func (HMAC) Format(f fmt.State, _ rune) { redact(f, "HMAC") }

// Format prints the name of the type for every verb.
func (Generator) Format(f fmt.State, _ rune) { redact(f, "Generator") }

func redact(f fmt.State, name string) { fmt.Fprintf(f, "drbg.%s(redacted)", name) }
