//go:build !linux

package source

import "github.com/atoll-os/atoll/entropy"

// HWRNG is Linux's /dev/hwrng, absent on other systems.
func HWRNG() entropy.Source {
	return missing(entropy.Spec{Name: "hwrng", Kind: entropy.Noise, SymbolBits: 8, Claim: 4000})
}
