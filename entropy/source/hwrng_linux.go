package source

import "github.com/atoll-os/atoll/entropy"

// hwrngClaim is half of the bits: what hangs there may be a TPM, a chip set or the host's
// generator, and few say how good they are.
const hwrngClaim = 4000

// HWRNG is the hardware generator that Linux has drivers for, /dev/hwrng: a TPM, a chip set, and
// in virtual machines mostly virtio-rng, which is the host's generator. It claims half of the bits
// of each byte. Reading it takes root, or whatever the system's administrator allowed.
func HWRNG() entropy.Source {
	return File(entropy.Spec{Name: "hwrng", Kind: entropy.Noise, SymbolBits: 8, Claim: hwrngClaim},
		"/dev/hwrng")
}
