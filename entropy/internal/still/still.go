// Package still lets the packages below entropy, and nobody else, ask for a system that stands
// still: one whose streams follow from a seed, without sources, goroutines or time. Its type is in
// a field of entropy.Config, and who cannot import this package cannot fill the field.
package still

// Mode asks for a still system.
type Mode struct{ Seed [32]byte }
