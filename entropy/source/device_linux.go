package source

import (
	"context"
	"fmt"
	"os"

	"github.com/atoll-os/atoll/entropy"
)

// generationDevice is where Atoll's kernel tells of copies of the machine.
const generationDevice = "/dev/generation"

// vmDevice is the VM generation identifier as Atoll's kernel shows it.
type vmDevice struct {
	*vmIdentifier
	path string
}

// VMDevice tells a copy of a virtual machine from its original on Atoll's kernel, if the hypervisor
// has a VM generation identifier: the file /dev/generation, mapped, is a page that begins with it,
// so that looking costs two loads, and a read of it waits for the next one, so that who does not
// look hears of it too.
func VMDevice() (entropy.Generation, error) { return openDevice(generationDevice) }

func openDevice(path string) (*vmDevice, error) {
	v, err := mapIdentifier(path, 0)
	if err != nil {
		return nil, err
	}
	return &vmDevice{v, path}, nil
}

// Watch waits for copies until ctx ends.
func (v *vmDevice) Watch(ctx context.Context, changed func()) error {
	file, err := os.Open(v.path)
	if err != nil {
		return fmt.Errorf("source: wait for copies: %w", err)
	}
	defer file.Close()
	stop := context.AfterFunc(ctx, func() { file.Close() })
	defer stop()
	line := make([]byte, 64)
	for {
		n, err := file.Read(line)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return fmt.Errorf("source: wait for copies: %w", err)
		case n > 0:
			changed()
		}
	}
}
