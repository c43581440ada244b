package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
)

// hypervisorDefault is what runs machines if nothing else is said.
const hypervisorDefault = "qemu"

// hypervisors are the values of --hypervisor.
var hypervisors = map[string]machine.Kind{hypervisorDefault: machine.QEMU,
	"firecracker": machine.Firecracker, "cloud-hypervisor": machine.CloudHypervisor}

// findHypervisor looks for what runs the machines, and decides whether the processor helps.
func (o *bootFlags) findHypervisor(ctx context.Context) (h *machine.Hypervisor, kvm bool,
	err error) {
	kind, known := hypervisors[o.hypervisor]
	switch {
	case !known:
		return nil, false, usagef("--hypervisor qemu, firecracker or cloud-hypervisor",
			"unknown hypervisor %q", o.hypervisor)
	case kind != machine.QEMU && strings.HasPrefix(o.net, labNet):
		return nil, false, usagef("leave --hypervisor out", "a lab's machines run in QEMU")
	}
	h, err = machine.Find(ctx, kind)
	if errors.Is(err, machine.ErrNoHypervisor) {
		return nil, false, &hinted{err, kind.Install(), exitFailed}
	} else if err != nil {
		return nil, false, err
	}
	kvm, err = o.useKVM(h)
	return h, kvm, err
}

// Values of --kvm.
const (
	kvmAuto = "auto"
	kvmOn   = "on"
	kvmOff  = "off"
)

// useKVM decides whether the processor runs the machine itself.
func (o *bootFlags) useKVM(h *machine.Hypervisor) (bool, error) {
	onlyKVM := h.Kind != machine.QEMU
	switch o.kvm {
	case kvmAuto, kvmOn:
	case kvmOff:
		if onlyKVM {
			return false, usagef("--hypervisor qemu emulates", "%s needs KVM", h.Kind)
		}
		return false, nil
	default:
		return false, usagef("--kvm auto, on or off", "unknown value %q", o.kvm)
	}
	switch {
	case o.kvm == kvmOn && o.replay != nil:
		return false, usagef("leave --kvm out", "a real processor does not repeat")
	case o.dryRun && onlyKVM:
		return true, nil
	case !h.KVM && onlyKVM:
		return false, &hinted{fmt.Errorf("%s needs /dev/kvm, which cannot be used", h.Kind),
			"--hypervisor qemu emulates", exitFailed}
	case !h.KVM && o.kvm == kvmOn:
		return false, &hinted{errors.New("/dev/kvm cannot be used"),
			"--kvm off emulates, which is slower", exitFailed}
	}
	return h.KVM && o.replay == nil, nil
}

// memoryBeyond is the least that a machine has beyond its image, for a program to start in.
const memoryBeyond = 1 << 20

// fits tells whether a machine has room for its image.
func (g *guest) fits() error {
	end := uint64(0)
	for _, s := range g.about.Segments {
		end = max(end, s.Physical+s.Memory)
	}
	least := int64(end) + memoryBeyond
	if g.config.Memory >= least {
		return nil
	}
	return usagef("--memory "+units.Size((least/(8<<20)+1)*(8<<20)), "%s needs more memory than %s",
		g.label(), units.Size(g.config.Memory))
}

// check finds what the hypervisor cannot make a machine of.
func (b *booting) check(guests []*guest) error {
	for _, g := range guests {
		if err := b.hypervisor.Check(g.config); err != nil {
			hint := "atoll boot --help"
			if b.hypervisor.Kind != machine.QEMU {
				hint = "--hypervisor qemu can"
			}
			return usagef(hint, "%s: %v", g.label(), err)
		}
		if err := g.fits(); err != nil {
			return err
		}
	}
	return nil
}

// machineLine is a machine in a line.
func machineLine(h *machine.Hypervisor, c *machine.Config) string {
	size := units.Size(c.Memory)
	switch {
	case h.Kind != machine.QEMU: // it has no line to the kernel
		return fmt.Sprintf("%s %s, not tried, %s, 1 cpu, kvm      Ctrl-C kills", h.Kind, h.Version, size)
	case c.KVM:
		return fmt.Sprintf("qemu %s, %s, 1 cpu, kvm", c.Machine, size)
	case h.KVM:
		return fmt.Sprintf("qemu %s, %s, 1 cpu, emulated", c.Machine, size)
	}
	return fmt.Sprintf("qemu %s, %s, 1 cpu, emulated (no /dev/kvm)", c.Machine, size)
}
