//go:build !linux

package source

import (
	"errors"

	"github.com/atoll-os/atoll/entropy"
)

var errLinux = errors.New("source: watch the VM generation identifier: only on Linux")

// VMDevice tells a copy of a virtual machine from its original on Atoll's kernel.
func VMDevice() (entropy.Generation, error) { return nil, errLinux }

// VMUevent tells a copy of a virtual machine from its original on Linux.
func VMUevent() (entropy.Generation, error) { return nil, errLinux }

// VMIdentifier tells a copy of a virtual machine from its original on Linux.
func VMIdentifier() (entropy.Generation, error) { return nil, errLinux }
