package machine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Check finds what no machine of this hypervisor can be made of: the error is [ErrConfig].
func (h *Hypervisor) Check(c *Config) error {
	if err := c.Check(); err != nil || h.Kind == QEMU {
		return err
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w by %s: %s", ErrConfig, h.Kind, fmt.Sprintf(format, args...))
	}
	for _, n := range c.Nets {
		if n.TAP == "" {
			return wrong("its network card needs a TAP device")
		}
	}
	switch {
	case c.Machine != "" && c.Machine != Microvm:
		return wrong("it is no %s: that is a machine of QEMU's", c.Machine)
	case len(c.Disks) > 0:
		return wrong("only QEMU is given disks")
	case c.Replay:
		return wrong("only QEMU repeats")
	case len(c.Env) > 0:
		return wrong("only QEMU hands over an environment: use arguments")
	}
	for _, a := range c.Args {
		if a == "" || strings.ContainsAny(a, " \t\n") {
			return wrong("%q cannot be an argument: they are words of one line there", a)
		}
	}
	return nil
}

// words is the kernel's command line where there is no fw_cfg: its options, and the program's
// arguments.
func (c *Config) words() string {
	return strings.Join(slices.Concat(c.Options, []string{"--"}, c.Args), " ")
}

// Firecracker is what firecracker --config-file reads: see its src/firecracker/swagger.
func (c *Config) Firecracker() []byte {
	type object = map[string]any
	config := object{
		"boot-source":    object{"kernel_image_path": c.Image, "boot_args": c.words()},
		"drives":         []object{},
		"machine-config": object{"vcpu_count": 1, "mem_size_mib": c.megabytes()},
		"entropy":        object{},
		"logger":         object{"level": "Error", "log_path": "/dev/stderr"},
	}
	var nets []object
	for i, n := range c.Nets {
		nets = append(nets, object{"iface_id": fmt.Sprintf("net%d", i), "guest_mac": n.MAC.String(),
			"host_dev_name": n.TAP})
	}
	if nets != nil {
		config["network-interfaces"] = nets
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("machine: BUG: %v", err))
	}
	return append(text, '\n')
}

// cloudHypervisor is its command line: see its docs.
func (h *Hypervisor) cloudHypervisor(c *Config) []string {
	line := []string{h.Path, "--kernel", c.Image, "--cmdline", c.words(), "--cpus", "boot=1",
		"--memory", fmt.Sprintf("size=%dM", c.megabytes()), "--rng", "src=/dev/urandom",
		"--serial", "tty", "--console", "off"}
	for _, n := range c.Nets {
		line = append(line, "--net", fmt.Sprintf("tap=%s,mac=%s", n.TAP, n.MAC))
	}
	return line
}
