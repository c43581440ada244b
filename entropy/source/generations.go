package source

import "github.com/atoll-os/atoll/entropy"

// Generations returns what tells copies of this machine and process from their originals, as far
// as this system has it: [Fork], [VMDevice], [VMUevent], [VMIdentifier].
func Generations() []entropy.Generation {
	var found []entropy.Generation
	for _, open := range []func() (entropy.Generation, error){Fork, VMDevice, VMUevent,
		VMIdentifier} {
		if g, err := open(); err == nil {
			found = append(found, g)
		}
	}
	return found
}
