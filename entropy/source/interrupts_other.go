//go:build !linux

package source

import "github.com/atoll-os/atoll/entropy"

// Interrupts is Linux's table of interrupts, absent on other systems.
func Interrupts() entropy.Source {
	return missing(entropy.Spec{Name: "interrupts", Kind: entropy.Ambient, SymbolBits: 8})
}
