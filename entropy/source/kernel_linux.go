package source

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// kernelPoll is how often a kernel that is not ready yet is asked again.
const kernelPoll = 20 * time.Millisecond

// getrandom is the kernel's generator.
type getrandom struct{}

// Getrandom is the generator of the operating system: getrandom(2) on Linux, /dev/urandom
// elsewhere. It claims all bits of its bytes, on trust: they are the output of a generator, in
// which no test can see whether it was well seeded. The test that is left is that the kernel
// itself says so (Linux blocks until it is). A policy may trust it alone. It is asked directly, not
// through crypto/rand, which may be us.
//
// On Linux without support for VM generations, two copies of a virtual machine get the same bytes
// of it until the kernel reseeds, after up to a minute.
func Getrandom() entropy.Source { return getrandom{} }

func (getrandom) Spec() entropy.Spec { return kernelSpec }

// Sample fills raw, and waits while the kernel is not ready.
func (getrandom) Sample(ctx context.Context, raw []byte) (n int, err error) {
	for n < len(raw) {
		m, err := unix.Getrandom(raw[n:], unix.GRND_NONBLOCK)
		switch {
		case err == nil:
			n += m
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			select {
			case <-ctx.Done():
				return n, ctx.Err()
			case <-time.After(kernelPoll):
			}
		default:
			return n, fmt.Errorf("source: getrandom: %w", err)
		}
	}
	return n, nil
}
