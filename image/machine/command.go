package machine

import (
	"fmt"
	"path/filepath"
	"strings"
)

// microvm is QEMU's machine without what a PC has by custom. Without ACPI the devices are words of
// the kernel's command line.
const microvm = "microvm,acpi=off,x-option-roms=off,pit=off,pic=off,rtc=on,isa-serial=on," +
	"auto-kernel-cmdline=on"

// q35 is QEMU's PC, with devices on PCI, without those that nobody uses here. Firmware runs first,
// which costs a tenth of a second.
const q35 = "q35,usb=off,sata=off,smbus=off,vmport=off"

// exitPort is where the kernel writes how the program ended: see Exit.
const exitPort = "isa-debug-exit,iobase=0xf4"

// Names of files in a machine's directory.
const (
	argsFile   = "args"
	envFile    = "env"
	seedFile   = "seed"
	qmpFile    = "qmp"
	configFile = "config.json" // of Firecracker

	controlFile = "control"
)

// Command returns the command line of the hypervisor. dir is where the files are that the machine
// is given.
func (h *Hypervisor) Command(c *Config, dir string) []string {
	switch h.Kind {
	case Firecracker:
		return []string{h.Path, "--no-api", "--config-file", filepath.Join(dir, configFile)}
	case CloudHypervisor:
		return h.cloudHypervisor(c)
	}
	return h.qemu(c, dir)
}

// files are what the hypervisor reads from the machine's directory.
func (h *Hypervisor) files(c *Config) map[string][]byte {
	switch h.Kind {
	case Firecracker:
		return map[string][]byte{configFile: c.Firecracker()}
	case CloudHypervisor:
		return nil
	}
	return map[string][]byte{argsFile: texts(c.Args), envFile: texts(c.Env), seedFile: c.Seed}
}

// megabytes is the memory as hypervisors count it.
func (c *Config) megabytes() int64 { return (c.Memory + 1<<20 - 1) >> 20 }

// qemu is the command line of QEMU.
func (h *Hypervisor) qemu(c *Config, dir string) []string {
	line := []string{h.Path, "-M", microvm, "-global", "virtio-mmio.force-legacy=false"}
	if c.Machine == Q35 {
		line = []string{h.Path, "-M", q35}
		if !c.Replay {
			line = append(line, "-device", "vmgenid,guid=auto")
		}
	}
	line = append(line, "-m", fmt.Sprint((c.Memory+1<<20-1)>>20), "-nodefaults", "-no-user-config",
		"-no-reboot", "-display", "none", "-serial", "stdio", "-device", exitPort)
	switch {
	case c.Replay:
		line = append(line, "-accel", "tcg", "-cpu", "max,-rdrand", "-icount", "shift=3,sleep=off",
			"-rtc", "base=2026-01-01,clock=vm")
	case c.KVM:
		line = append(line, "-accel", "kvm", "-cpu", "host")
	default:
		line = append(line, "-accel", "tcg", "-cpu", "max")
	}
	line = append(line, "-kernel", c.Image, "-append", strings.Join(c.Options, " "),
		"-chardev", "socket,id=qmp,path="+quote(filepath.Join(dir, qmpFile)), "-mon",
		"chardev=qmp,mode=control")
	for _, name := range []string{argsFile, envFile, seedFile} {
		line = append(line, "-fw_cfg", "name=opt/atoll/"+name+",file="+
			quote(filepath.Join(dir, name)))
	}
	if !c.Replay {
		line = append(line, "-object", "rng-random,id=rng,filename=/dev/urandom",
			"-device", c.virtio("virtio-rng", "rng=rng"),
			"-chardev", "socket,id=control,path="+quote(filepath.Join(dir, controlFile)),
			"-device", c.virtio("virtio-serial", "max_ports=1"), "-device", "virtconsole,chardev=control")
	}
	for i := range c.Disks {
		line = append(line, c.Disks[i].options(c, i)...)
	}
	for i, n := range c.Nets {
		options := fmt.Sprintf("netdev=net%d,mac=%s", i, n.MAC)
		if c.Machine == Q35 {
			options += ",romfile=" // nobody boots from it
		}
		line = append(line, "-netdev", n.backend(i), "-device", c.virtio("virtio-net", options))
	}
	return line
}

// virtio returns a virtio device as the kind of machine has it.
func (c *Config) virtio(name, options string) string {
	if c.Machine == Q35 {
		return name + "-pci," + options
	}
	return name + "-device," + options
}

// options returns what makes disk i.
func (d *Disk) options(c *Config, i int) []string {
	drive := fmt.Sprintf("if=none,id=disk%d,format=raw,file=%s", i, quote(d.File))
	if d.ReadOnly {
		drive += ",readonly=on"
	}
	return []string{"-drive", drive, "-device", c.virtio("virtio-blk", fmt.Sprintf("drive=disk%d", i))}
}

// backend returns where the frames of network card i go.
func (n *Net) backend(i int) string {
	switch {
	case n.Socket != "":
		return fmt.Sprintf("stream,id=net%d,server=off,addr.type=unix,addr.path=%s", i,
			quote(n.Socket))
	case n.TAP != "":
		return fmt.Sprintf("tap,id=net%d,ifname=%s,script=no,downscript=no", i, quote(n.TAP))
	}
	user := fmt.Sprintf("user,id=net%d", i)
	for _, f := range n.Forward {
		user += fmt.Sprintf(",hostfwd=tcp:%s:%d-:%d", f.At, f.Host, f.Guest)
	}
	return user
}

// quote returns a value as QEMU's options have it: a comma is two.
func quote(s string) string { return strings.ReplaceAll(s, ",", ",,") }
