package source

import "github.com/atoll-os/atoll/entropy"

// Machine returns the sources that machines have, for the main of a program that runs on an
// operating system. What this one lacks is there too and says so in Status.
func Machine() []entropy.Source {
	return []entropy.Source{NewJitter(), RDRAND(), RDSEED(), HWRNG(), Getrandom(), Interrupts(),
		Identity()}
}
