//go:build !linux

package source

import (
	"errors"

	"github.com/atoll-os/atoll/entropy"
)

// Fork tells the child of a fork from its parent on Linux. On other systems it is an error: Go
// gives their programs no way to fork without running another program.
func Fork() (entropy.Generation, error) {
	return nil, errors.New("source: watch for forks: no page that is wiped on this system")
}
