package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/prng"
)

// memoryDefault is the memory of a machine, in bytes.
const memoryDefault = 64 << 20

// bootFlags are those of atoll boot.
type bootFlags struct {
	memory  int64
	publish []string
	net     string
	ip      string
	replay  *uint64 // nil: the machine does not repeat
	kvm     string
	dryRun  bool
	json    bool
	env     []string
	options []string
}

func newBoot() *cobra.Command {
	o := &bootFlags{memory: memoryDefault}
	seed := uint64(0)
	c := &cobra.Command{
		Use:   "boot [NAME=]IMAGE... [-- ARGUMENT...]",
		Short: "Boot images as machines",
		Long: `Boot images as machines, in QEMU, without root.

What follows -- are the program's arguments. Its console is standard output; what is said about the
machine goes to standard error, last how it ended. Ctrl-C stops the program as SIGTERM does, a
second one kills the machine.

Several images, or the same one several times, are machines on one switch: 10.0.2.15, 10.0.2.16 and
so on, in their order. They reach each other, also by their names, and nothing beyond. A machine is
called as the word before = says, or else as its image's file; several of one name are name0, name1
and so on. --publish leads to the first of them, or to the one that it names, and --env with a name
is for that one alone.

With --replay the machine runs in the deterministic mode of QEMU: the same seed gives the same
console to the byte.

Exit code: 0 if every program ended with 0, else 1.`,
		Example: `  atoll boot print.elf
  atoll boot print.elf --memory 16MiB -- one "two words"
  atoll boot hello.elf --publish 8080:80          # until Ctrl-C
  atoll boot print.elf --replay 7                 # the same to the byte, each time
  atoll boot print.elf print.elf                  # two machines on one switch
  atoll boot a=print.elf web=hello.elf --publish 8080:web:80 --env web:HELLO_GREETING=Ahoy
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
			if c.Flags().Changed("replay") {
				o.replay = &seed
			}
			return o.run(images, args, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.Var(sizeFlag(&o.memory), "memory", "memory of the machine")
	f.StringArrayVar(&o.publish, "publish", nil,
		"[ADDRESS:]HOST:[NAME:]GUEST: port of this host that leads to a machine's; repeatable")
	f.StringVar(&o.net, "net", "", "network card: user is QEMU's own network, tap:NAME a TAP device")
	f.StringVar(&o.ip, "ip", "", "ADDRESS/BITS,ROUTER of the machine, in place of DHCP")
	f.Uint64Var(&seed, "replay", 0, "seed of a machine that repeats to the byte")
	f.StringArrayVar(&o.env, "env", nil,
		"[NAME:]VARIABLE=value: environment of all programs, or of one; repeatable")
	f.StringVar(&o.kvm, "kvm", kvmAuto, "the processor's own virtualisation: auto, on or off")
	f.StringArrayVar(&o.options, "kernel", nil, "word for the kernel: kernel.statistics; repeatable")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the hypervisor's command line")
	f.BoolVar(&o.json, "json", false, "print one JSON object; the console goes to standard error")
	return c
}

// guest is one machine of a boot.
type guest struct {
	name    string
	prefix  string // before what is told of one of several
	about   *inspected
	config  *machine.Config
	console *console

	network string           // what is told of its network; empty: it has none
	address netip.Addr       // on our own switch
	ports   []*lan.Published // that lead to it

	exit machine.Exit
	took time.Duration
	err  error // it could not be started
}

func (o *bootFlags) run(images, args []string, stdout, stderr io.Writer) error {
	ctx, cancel := untilInterrupt()
	defer cancel()
	guests, err := o.guests(images, args)
	if err != nil {
		return err
	}
	h, err := machine.Find(ctx)
	if errors.Is(err, machine.ErrNoHypervisor) {
		return &hinted{err, "apt-get install " + machine.QEMUPackage, exitFailed}
	} else if err != nil {
		return err
	}
	kvm, err := o.useKVM(h)
	if err != nil {
		return err
	}
	wiring, err := o.connect(guests)
	if err != nil {
		return err
	}
	defer wiring.close()
	for _, g := range guests {
		g.config.KVM = kvm
		if o.dryRun {
			fmt.Fprintln(stdout, strings.Join(h.Command(g.config, "DIRECTORY"), " "))
		}
	}
	if o.dryRun {
		return nil
	}
	shown := stdout
	if o.json {
		shown = stderr
	}
	o.bootAll(ctx, h, guests, shown, stderr)
	return o.report(guests, stdout, stderr)
}

// guests reads the images and makes what their machines are made of.
func (o *bootFlags) guests(images, args []string) (guests []*guest, err error) {
	var seeds io.Reader = rand.Reader
	if o.replay != nil {
		if len(images) > 1 || len(o.publish) > 0 || o.net != "" {
			return nil, usagef("boot one image without a network",
				"what comes from a network does not repeat")
		}
		seeds = prng.New(*o.replay).Split("the seed of a machine that replays")
	}
	names, images, err := nameMachines(images)
	if err != nil {
		return nil, err
	}
	for i, name := range images {
		about, _, err := inspect(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &hinted{err, "atoll build makes images", exitFailed}
		} else if err != nil {
			return nil, err
		}
		c := &machine.Config{Image: name, Memory: o.memory, Args: args, Options: o.options,
			Seed: make([]byte, machine.SeedBytes), Replay: o.replay != nil}
		if _, err := io.ReadFull(seeds, c.Seed); err != nil {
			return nil, err
		}
		g := &guest{name: names[i], about: about, config: c}
		if len(images) > 1 {
			g.prefix = g.name + "  "
		}
		guests = append(guests, g)
	}
	return guests, o.environment(guests)
}

// bootAll runs the machines to their ends.
func (o *bootFlags) bootAll(ctx context.Context, h *machine.Hypervisor, guests []*guest,
	stdout, stderr io.Writer) {
	if o.replay != nil {
		fmt.Fprintf(stderr, "replay      seed %d: nothing in this machine is secret\n", *o.replay)
	}
	lock, talk := new(sync.Mutex), new(sync.Mutex)
	stderr = &locked{talk, stderr}
	var all sync.WaitGroup
	for _, g := range guests {
		fmt.Fprintln(stderr, g.about.summary())
		g.console = &console{lock: lock, to: stdout}
		if len(guests) > 1 {
			g.console.name = g.name + " | "
		}
	}
	stopping := new(sync.Once)
	for _, g := range guests {
		all.Go(func() {
			g.exit, g.took, g.err = o.boot(ctx, h, g, stopping, stderr)
			g.console.end()
		})
	}
	all.Wait()
}

// boot runs a machine to its end. Where the processor's virtualisation fails before the machine has
// said a word, and nobody insists on it, the machine is emulated.
func (o *bootFlags) boot(ctx context.Context, h *machine.Hypervisor, g *guest,
	stopping *sync.Once, stderr io.Writer) (machine.Exit, time.Duration, error) {
	told := false
	for c := g.config; ; c.KVM = false {
		how := "emulated (no /dev/kvm)"
		switch {
		case c.KVM:
			how = "kvm"
		case h.KVM:
			how = "emulated"
		}
		fmt.Fprintf(stderr, "machine     %sqemu microvm, %s, 1 cpu, %s\n", g.prefix,
			units.Size(c.Memory), how)
		if g.network != "" && !told {
			fmt.Fprintf(stderr, "network     %s%s\n", g.prefix, g.network)
			told = true
		}
		m, err := h.Start(context.WithoutCancel(ctx), c, g.console)
		if err != nil {
			return machine.Exit{}, 0, err
		}
		done := g.watch(ctx, m, stderr)
		stopped := stopOn(ctx, m, stopping, stderr)
		exit, took := m.Wait()
		stopped()
		done()
		if exit.End != machine.Failed || !c.KVM || o.kvm != kvmAuto || g.console.said {
			return exit, took, nil
		}
		why, _, _ := strings.Cut(exit.Why, "\n")
		fmt.Fprintf(stderr, "no kvm      %s\n", why)
	}
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
		return h.KVM && o.replay == nil, nil
	case kvmOff:
		return false, nil
	case kvmOn:
		if o.replay != nil {
			return false, usagef("leave --kvm out", "a real processor does not repeat")
		}
		if !h.KVM {
			return false, &hinted{errors.New("/dev/kvm cannot be used"),
				"--kvm off emulates, which is slower", exitFailed}
		}
		return true, nil
	}
	return false, usagef("--kvm auto, on or off", "unknown value %q", o.kvm)
}

// label is what a machine is called when it has ended: one of several by its name.
func (g *guest) label() string {
	if g.prefix == "" {
		return g.config.Image
	}
	return g.name
}

// booted is what --json prints of a machine.
type booted struct {
	Name    string  `json:"name"`
	Image   string  `json:"image"`
	End     string  `json:"end"`
	Code    int     `json:"code"`
	Why     string  `json:"why,omitempty"`
	Seconds float64 `json:"seconds"`
}

// report says how the machines ended.
func (o *bootFlags) report(guests []*guest, stdout, stderr io.Writer) error {
	var list []booted
	ok := true
	for _, g := range guests {
		switch {
		case errors.Is(g.err, machine.ErrConfig):
			return usagef("atoll boot --help", "%v", g.err)
		case g.err != nil:
			return g.err
		}
		fmt.Fprintf(stderr, "ended       %s: %s, %.2f s after start\n", g.label(), g.exit,
			g.took.Seconds())
		list = append(list, booted{g.name, g.config.Image, string(g.exit.End), g.exit.Code, g.exit.Why,
			g.took.Seconds()})
		ok = ok && g.exit.OK()
	}
	if o.json {
		err := printJSON(stdout, struct {
			Machines []booted `json:"machines"`
			OK       bool     `json:"ok"`
		}{list, ok})
		if err != nil {
			return err
		}
	}
	if !ok {
		return &hinted{code: exitFailed}
	}
	return nil
}
