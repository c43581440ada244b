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
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/lab/topology"
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
	// hypervisor is a key of hypervisors.
	hypervisor string
	machine    string
	disks      []string
	dryRun     bool
	json       bool
	env        []string
	options    []string
	// Of a lab.
	out        string
	seed       uint64
	replayLine string
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

With --net lab:FILE each machine takes the place of the host of its name in a topology, with its
address and its links; the file's other hosts, faults, events and expectations are as in atoll lab
run, in real time, and --out writes the same report.

With --replay the machine runs in the deterministic mode of QEMU: the same seed gives the same
console to the byte.

Exit code: 0 if every program ended with 0 and what a lab expects holds, else 1.`,
		Example: `  atoll boot print.elf
  atoll boot print.elf --memory 16MiB -- one "two words"
  atoll boot hello.elf --publish 8080:80          # until Ctrl-C
  atoll boot print.elf --replay 7                 # the same to the byte, each time
  atoll boot print.elf print.elf                  # two machines on one switch
  atoll boot a=print.elf web=hello.elf --publish 8080:web:80 --env web:HELLO_GREETING=Ahoy
  atoll boot meter=iperf.elf --net lab:net.yaml --out result
  atoll boot print.elf --machine q35 --disk data.raw,readonly
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
			o.replayLine = replayLine(c, "boot")
			return o.run(images, args, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.add(c.Flags(), &seed)
	return c
}

// add declares the flags. The seed of a replay is one only if it is given.
func (o *bootFlags) add(f *pflag.FlagSet, seed *uint64) {
	f.SortFlags = false
	f.Var(sizeFlag(&o.memory), "memory", "memory of the machine")
	f.StringArrayVar(&o.publish, "publish", nil,
		"[ADDRESS:]HOST:[NAME:]GUEST: port of this host that leads to a machine's; repeatable")
	f.StringVar(&o.net, "net", "",
		"lab:FILE is a lab's network, user QEMU's own, tap:NAME a TAP device; else Atoll's switch")
	f.StringVar(&o.out, "out", "",
		"with lab:FILE: directory for capture.pcapng, plots and report.html")
	f.Uint64Var(&o.seed, "seed", 0, "with lab:FILE: seed of its faults; the file's or 1 if 0")
	f.StringVar(&o.ip, "ip", "", "ADDRESS/BITS,ROUTER of the machine, in place of DHCP")
	f.Uint64Var(seed, "replay", 0, "seed of a machine that repeats to the byte")
	f.StringArrayVar(&o.env, "env", nil,
		"[NAME:]VARIABLE=value or =@FILE: environment of all programs, or of one; repeatable")
	f.StringVar(&o.hypervisor, "hypervisor", hypervisorDefault,
		"qemu; firecracker and cloud-hypervisor are not tried")
	f.StringVar(&o.machine, "machine", machine.Microvm,
		"kind of QEMU's machine: microvm, or q35, which knows when it is a copy")
	f.StringArrayVar(&o.disks, "disk", nil,
		"FILE[,readonly] with the sectors of a disk, in order; of one machine; repeatable")
	f.StringVar(&o.kvm, "kvm", kvmAuto, "the processor's own virtualisation: auto, on or off")
	f.StringArrayVar(&o.options, "kernel", nil, "word for the kernel: kernel.statistics; repeatable")
	f.BoolVar(&o.dryRun, "dry-run", false, "print the hypervisor's command line")
	f.BoolVar(&o.json, "json", false, "print one JSON object; the console goes to standard error")
}

// guest is one machine of a boot.
type guest struct {
	name    string
	prefix  string // before what is told of one of several
	about   *inspected
	config  *machine.Config
	console *console

	network string                         // what is told of its network; empty: it has none
	address netip.Addr                     // on our own switch
	ports   []*lan.Published               // that lead to it
	place   atomic.Pointer[topology.Place] // in a lab
	running atomic.Pointer[machine.Machine]

	exit machine.Exit
	took time.Duration
	err  error // it could not be started
	// asMeant is an end that is no failure, though it is not exit code 0.
	asMeant bool
}

func (o *bootFlags) run(images, args []string, stdout, stderr io.Writer) error {
	ctx, cancel := untilInterrupt()
	defer cancel()
	guests, err := o.guests(images, args)
	if err != nil {
		return err
	}
	h, kvm, err := o.findHypervisor(ctx)
	if err != nil {
		return err
	}
	for _, g := range guests {
		g.config.KVM = kvm
	}
	b := &booting{ctx: ctx, flags: o, hypervisor: h, console: stdout,
		stderr: &locked{new(sync.Mutex), stderr}}
	if o.json {
		b.console = stderr
	}
	if file, ok := strings.CutPrefix(o.net, labNet); ok {
		if err := b.check(guests); err != nil {
			return err
		}
		return o.inLab(b, guests, file, stdout)
	} else if o.out != "" || o.seed != 0 {
		return usagef("--net lab:net.yaml", "--out and --seed are for machines in a lab")
	}
	wiring, err := o.connect(guests)
	if err != nil {
		return err
	}
	defer wiring.close()
	if err := b.check(guests); err != nil {
		return err
	}
	if o.dryRun {
		for _, g := range guests {
			fmt.Fprintln(stdout, strings.Join(h.Command(g.config, "DIRECTORY"), " "))
			if h.Kind == machine.Firecracker {
				stdout.Write(g.config.Firecracker())
			}
		}
		return nil
	}
	b.bootAll(guests)
	return o.report(b, guests, stdout)
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
			Seed: make([]byte, machine.SeedBytes), Replay: o.replay != nil, Machine: o.machine}
		if c.Disks, err = parseDisks(o.disks, len(images)); err != nil {
			return nil, err
		}
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

// booting is what the machines of a command have in common.
type booting struct {
	ctx        context.Context // ends with an interrupt
	flags      *bootFlags
	hypervisor *machine.Hypervisor
	console    io.Writer
	stderr     io.Writer
	stopping   sync.Once // for the line that says so
}

// prepare says what is booted, and gives each machine its console.
func (b *booting) prepare(guests []*guest) {
	if seed := b.flags.replay; seed != nil {
		fmt.Fprintf(b.stderr, "replay      seed %d: nothing in this machine is secret\n", *seed)
	}
	lock := new(sync.Mutex)
	for _, g := range guests {
		fmt.Fprintln(b.stderr, g.about.summary())
		g.console = &console{lock: lock, to: b.console}
		if len(guests) > 1 {
			g.console.name = g.name + " | "
		}
	}
}

// bootAll runs machines to their ends. When ctx ends they are stopped.
func (b *booting) bootAll(guests []*guest) {
	b.prepare(guests)
	var all sync.WaitGroup
	for _, g := range guests {
		all.Go(func() {
			g.exit, g.took, g.err = b.boot(b.ctx, g, g.config)
			g.console.end()
		})
	}
	all.Wait()
}

// boot runs a machine to its end. Where the processor's virtualisation fails before the machine has
// said a word, and nobody insists on it, the machine is emulated.
func (b *booting) boot(ctx context.Context, g *guest, c *machine.Config) (machine.Exit,
	time.Duration, error) {
	h := b.hypervisor
	for told := false; ; c.KVM, told = false, true {
		fmt.Fprintf(b.stderr, "machine     %s%s\n", g.prefix, machineLine(h, c))
		if g.network != "" && !told {
			fmt.Fprintf(b.stderr, "network     %s%s\n", g.prefix, g.network)
		}
		m, err := h.Start(context.WithoutCancel(ctx), c, g.console)
		if err != nil {
			return machine.Exit{}, 0, err
		}
		g.running.Store(m)
		done := g.watch(ctx, m, b.stderr)
		stopped := b.stopOn(ctx, m)
		exit, took := m.Wait()
		stopped()
		done()
		mayEmulate := h.Kind == machine.QEMU && b.flags.kvm == kvmAuto && !g.console.said
		if exit.End != machine.Failed || !c.KVM || !mayEmulate {
			return exit, took, nil
		}
		why, _, _ := strings.Cut(exit.Why, "\n")
		fmt.Fprintf(b.stderr, "no kvm      %s\n", why)
		g.config.KVM = false
	}
}

// label is what a machine is called when it has ended: one of several by its name.
func (g *guest) label() string {
	if g.prefix == "" {
		return g.config.Image
	}
	return g.name
}

// ended says how a machine ended.
func (g *guest) ended(stderr io.Writer) {
	fmt.Fprintf(stderr, "ended       %s: %s, %.2f s after start\n", g.label(), g.exit,
		g.took.Seconds())
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

// results says how the machines ended, and whether all ended well.
func (b *booting) results(guests []*guest) (list []booted, ok bool) {
	ok = true
	for _, g := range guests {
		list = append(list, booted{g.name, g.config.Image, string(g.exit.End), g.exit.Code, g.exit.Why,
			g.took.Seconds()})
		ok = ok && (g.exit.OK() || g.asMeant)
	}
	return list, ok
}

// report says how the machines ended.
func (o *bootFlags) report(b *booting, guests []*guest, stdout io.Writer) error {
	for _, g := range guests {
		if g.err != nil {
			return g.err
		}
		g.ended(b.stderr)
	}
	list, ok := b.results(guests)
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
