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

// Kind is a program that runs machines.
type Kind string

// The kinds of hypervisors, each the name of its program. Only QEMU has been tried.
const (
	QEMU            Kind = "qemu-system-x86_64"
	Firecracker     Kind = "firecracker"
	CloudHypervisor Kind = "cloud-hypervisor"
)

// Install says how one comes by a hypervisor that is missing.
func (k Kind) Install() string {
	switch k {
	case Firecracker:
		return "a release of github.com/firecracker-microvm/firecracker, in the PATH"
	case CloudHypervisor:
		return "a release of github.com/cloud-hypervisor/cloud-hypervisor, in the PATH"
	}
	return "apt-get install " + QEMUPackage
}

// QEMUPackage is the package of Debian that has QEMU.
const QEMUPackage = "qemu-system-x86"

// ErrNoHypervisor says that a hypervisor is not installed.
var ErrNoHypervisor = errors.New("is not installed")

// kvm is the device by which a hypervisor has the processor run the machine itself.
const kvm = "/dev/kvm"

// versionTimeout bounds the question for a hypervisor's version.
const versionTimeout = 10 * time.Second

// Hypervisor is one that is installed.
type Hypervisor struct {
	Kind    Kind
	Path    string
	Version string // "7.2.22"
	KVM     bool   // this user may use /dev/kvm
}

// Find looks for a hypervisor in the PATH. The error is [ErrNoHypervisor] if it is not there.
func Find(ctx context.Context, kind Kind) (*Hypervisor, error) {
	path, err := exec.LookPath(string(kind))
	if err != nil {
		return nil, fmt.Errorf("machine: %s %w", kind, ErrNoHypervisor)
	}
	ctx, cancel := context.WithTimeout(ctx, versionTimeout)
	defer cancel()
	text, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("machine: ask %s for its version: %w", kind, err)
	}
	h := &Hypervisor{Kind: kind, Path: path, KVM: usable(kvm)}
	if found := version.FindSubmatch(text); found != nil {
		h.Version = string(found[1])
	}
	return h, nil
}

// version finds it in "QEMU emulator version 7.2.22", "Firecracker v1.9.0" and
// "cloud-hypervisor v41.0".
var version = regexp.MustCompile(` (?:version )?v?(\d[\w.]*)`)

// usable tells whether this user may read and write a device.
func usable(device string) bool {
	f, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}
