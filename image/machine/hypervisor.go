package machine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"time"
)

// QEMU is the program that runs machines, and QEMUPackage the package of Debian that has it.
const (
	QEMU        = "qemu-system-x86_64"
	QEMUPackage = "qemu-system-x86"
)

// ErrNoHypervisor says that QEMU is not installed.
var ErrNoHypervisor = errors.New("machine: " + QEMU + " is not installed")

// kvm is the device by which QEMU has the processor run the machine itself.
const kvm = "/dev/kvm"

// versionTimeout bounds the question for QEMU's version.
const versionTimeout = 10 * time.Second

// Hypervisor is a QEMU that is installed.
type Hypervisor struct {
	Path    string
	Version string // "7.2.22"
	KVM     bool   // this user may use /dev/kvm
}

// Find looks for QEMU in the PATH. The error is [ErrNoHypervisor] if it is not there.
func Find(ctx context.Context) (*Hypervisor, error) {
	path, err := exec.LookPath(QEMU)
	if err != nil {
		return nil, ErrNoHypervisor
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("machine: ask %s for its version: %w", QEMU, err)
	}
	h := &Hypervisor{Path: path, KVM: usable(kvm)}
	if found := version.FindSubmatch(text); found != nil {
		h.Version = string(found[1])
	}
	return h, nil
}

var version = regexp.MustCompile(`version (\d[\w.]*)`)

// usable tells whether this user may read and write a device.
func usable(device string) bool {
	f, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
