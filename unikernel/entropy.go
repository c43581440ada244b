package unikernel

import (
	"log/slog"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/overlay"
	"github.com/atoll-os/atoll/entropy/source"
)

// Clones tells when the machine finds itself in a copy of itself: a fork, a snapshot restored
// twice. What must not be used twice, such as session tickets, is thrown away then; package
// tlsconf takes one.
type Clones interface {
	// Generation returns a number that has grown once the caller runs in a copy.
	Generation() uint64
	// OnClone has f called with the new generation, until cancel.
	OnClone(f func(generation uint64)) (cancel func())
}

// newEntropy composes the random numbers of a process. The operating system's generator is trusted
// alone; the machine's own sources are tested and mixed in.
//
// On Atoll's kernel, whose generator has tested and mixed the same sources before, that generator
// is the only one: to do it twice would cost a start tens of milliseconds and add nothing.
func newEntropy(onAtoll bool, log *slog.Logger) (*entropy.System, error) {
	sources := []entropy.Source{source.Getrandom()}
	if !onAtoll {
		sources = source.Machine()
	}
	return entropy.New(entropy.Config{
		Sources:     sources,
		Generations: source.Generations(),
		Policy:      entropy.Policy{Trust: []string{"getrandom"}},
		Log:         log,
	})
}

// underKeys puts a stream of the system under crypto/rand and every key of a program that was built
// with the overlay, and leaves every other program as it is. Whoever built with the overlay means
// it: what refuses it is an error, and not a reason to go on with other keys.
func underKeys(system *entropy.System) error {
	if !overlay.Report().Compiled {
		return nil
	}
	stream := system.Stream("crypto/rand")
	return overlay.Install(func(b []byte) { stream.Read(b) })
}
