package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
)

// memoryDefault is the memory of a machine, in bytes.
const memoryDefault = 64 << 20

// bootFlags are those of atoll boot.
type bootFlags struct {
	memory  int64
	publish []string
	net     string
	ip      string
	kvm     string
	dryRun  bool
	json    bool
	env     []string
	options []string
}

func newBoot() *cobra.Command {
	o := &bootFlags{memory: memoryDefault}
	c := &cobra.Command{
		Use:   "boot IMAGE [-- ARGUMENT...]",
		Short: "Boot an image as a machine",
		Long: `Boot an image as a machine, in QEMU, without root.

What follows -- are the program's arguments. Its console is standard output; what is said about the
machine goes to standard error, last how it ended. Ctrl-C stops.

Exit code: 0 if the program ended with 0, else 1.`,
		Example: `  atoll boot print.elf
  atoll boot print.elf --memory 16MiB -- one "two words"
  atoll boot hello.elf --publish 8080:80          # until Ctrl-C
  atoll boot print.elf --dry-run                  # the hypervisor's command line`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			images := args
			if n := c.ArgsLenAtDash(); n >= 0 {
				images, args = args[:n], args[n:]
			} else {
				args = nil
			}
			if len(images) == 0 {
				return usagef(c.UseLine(), "no image is given")
			}
			if len(images) > 1 {
				return usagef("boot them one by one", "several images need a network between them")
			}
			return o.run(images[0], args, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.Var(sizeFlag(&o.memory), "memory", "memory of the machine")
	f.StringArrayVar(&o.publish, "publish", nil,
		"[ADDRESS:]HOST:GUEST: a port of this host that leads to one of the machine; repeatable")
	f.StringVar(&o.net, "net", "", "network card: user is QEMU's own network, tap:NAME a TAP device")
	f.StringVar(&o.ip, "ip", "", "ADDRESS/BITS,ROUTER of the machine, in place of DHCP")
	f.StringArrayVar(&o.env, "env", nil, "NAME=value in the program's environment; repeatable")
	f.StringVar(&o.kvm, "kvm", kvmAuto, "the processor's own virtualisation: auto, on or off")
	f.StringArrayVar(&o.options, "kernel", nil, "word for the kernel: kernel.statistics; repeatable")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the hypervisor's command line")
	f.BoolVar(&o.json, "json", false, "print one JSON object; the console goes to standard error")
	return c
}

// booted is what --json prints.
type booted struct {
	Image   string  `json:"image"`
	End     string  `json:"end"`
	Code    int     `json:"code"`
	Why     string  `json:"why,omitempty"`
	Seconds float64 `json:"seconds"`
}

func (o *bootFlags) run(name string, args []string, stdout, stderr io.Writer) error {
	ctx, cancel := untilInterrupt()
	defer cancel()
	about, _, err := inspect(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &hinted{err, "atoll build makes images", exitFailed}
	} else if err != nil {
		return err
	}
	h, err := machine.Find(ctx)
	if errors.Is(err, machine.ErrNoHypervisor) {
		return &hinted{err, "apt-get install " + machine.QEMUPackage, exitFailed}
	} else if err != nil {
		return err
	}
	c := &machine.Config{Image: name, Memory: o.memory, Args: args, Env: o.env, Options: o.options,
		Seed: make([]byte, machine.SeedBytes)}
	rand.Read(c.Seed)
	if c.KVM, err = o.useKVM(h); err != nil {
		return err
	}
	wiring, err := o.connect(c)
	if err != nil {
		return err
	}
	defer wiring.close()
	if o.dryRun {
		_, err := fmt.Fprintln(stdout, strings.Join(h.Command(c, "DIRECTORY"), " "))
		return err
	}
	fmt.Fprintln(stderr, about.summary())
	console := &watched{to: stdout}
	if o.json {
		console.to = stderr
	}
	exit, took, err := o.boot(ctx, h, c, console, wiring, stderr)
	if errors.Is(err, machine.ErrConfig) {
		return usagef("atoll boot --help", "%v", err)
	} else if err != nil {
		return err
	}
	return o.report(name, exit, took, stdout, stderr)
}

// boot runs a machine to its end. Where the processor's virtualisation fails before the machine has
// said a word, and nobody insists on it, the machine is emulated.
func (o *bootFlags) boot(ctx context.Context, h *machine.Hypervisor, c *machine.Config,
	console *watched, w *wiring, stderr io.Writer) (machine.Exit, time.Duration, error) {
	for {
		how := "emulated (no /dev/kvm)"
		switch {
		case c.KVM:
			how = "kvm"
		case h.KVM:
			how = "emulated"
		}
		fmt.Fprintf(stderr, "machine     qemu microvm, %s, 1 cpu, %s\n", units.Size(c.Memory), how)
		m, err := h.Start(context.WithoutCancel(ctx), c, console)
		if err != nil {
			return machine.Exit{}, 0, err
		}
		done := w.watch(ctx, m, stderr)
		stopped := stopOn(ctx, m, stderr)
		exit, took := m.Wait()
		stopped()
		done()
		if exit.End != machine.Failed || !c.KVM || o.kvm != kvmAuto || console.said {
			return exit, took, nil
		}
		why, _, _ := strings.Cut(exit.Why, "\n")
		fmt.Fprintf(stderr, "no kvm      %s\n", why)
		c.KVM = false
	}
}

// watched notes whether anything was written.
type watched struct {
	to   io.Writer
	said bool
}

func (w *watched) Write(b []byte) (int, error) {
	w.said = true
	return w.to.Write(b)
}

// Values of --kvm.
const (
	kvmAuto = "auto"
	kvmOn   = "on"
	kvmOff  = "off"
)

// useKVM decides whether the processor runs the machine itself.
func (o *bootFlags) useKVM(h *machine.Hypervisor) (bool, error) {
	switch o.kvm {
	case kvmAuto:
		return h.KVM, nil
	case kvmOff:
		return false, nil
	case kvmOn:
		if !h.KVM {
			return false, &hinted{errors.New("/dev/kvm cannot be used"),
				"--kvm off emulates, which is slower", exitFailed}
		}
		return true, nil
	}
	return false, usagef("--kvm auto, on or off", "unknown value %q", o.kvm)
}

// report says how a machine ended.
func (o *bootFlags) report(name string, e machine.Exit, took time.Duration,
	stdout, stderr io.Writer) error {
	fmt.Fprintf(stderr, "ended       %s: %s, %.2f s after start\n", name, e, took.Seconds())
	if o.json {
		if err := printJSON(stdout, booted{name, string(e.End), e.Code, e.Why,
			took.Seconds()}); err != nil {
			return err
		}
	}
	if !e.OK() {
		return &hinted{code: exitFailed}
	}
	return nil
}
