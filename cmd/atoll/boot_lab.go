package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/host/card"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/virtual"
	"github.com/atoll-os/atoll/lab/topology"
	"github.com/atoll-os/atoll/unikernel"
)

// labNet is before the file's name in --net.
const labNet = "lab:"

// labPatience is how long one connection into a lab may take: links have delays and lose frames.
const labPatience = 3 * time.Second

// hostsBytesMax bounds the table of names that a machine in a lab is given, which shares its
// environment with others.
const hostsBytesMax = 3000

// labBoot is machines in the places of hosts of a lab.
type labBoot struct {
	*booting
	flags  *bootFlags
	guests []*guest
	dir    string       // of the machines' sockets
	atWork atomic.Int32 // machines that run
}

// inLab boots machines in the network of a topology file, in real time, until its run is over.
func (o *bootFlags) inLab(b *booting, guests []*guest, name string, stdout io.Writer) error {
	switch {
	case o.ip != "":
		return usagef("leave --ip out", "a lab gives its machines their addresses")
	case o.dryRun:
		return usagef("leave --net out to see it without a network card",
			"the hypervisor's command line is made when the lab runs")
	}
	file, err := topology.Load(name)
	if err != nil {
		return err
	}
	pairs, to, err := o.pairs(guests)
	if err != nil {
		return err
	}
	l := &labBoot{booting: b, flags: o, guests: guests}
	if l.dir, err = os.MkdirTemp("", "atoll-lab-"); err != nil {
		return err
	}
	defer os.RemoveAll(l.dir)
	run := &labRun{file: file, stdout: stdout, stderr: b.stderr, show: showLab,
		asJSON: l.asJSON, runFlags: runFlags{seed: o.seed, out: o.out, json: o.json, real: true},
		options: topology.RunOptions{Services: services, Real: true,
			Machines: map[string]topology.Machine{}, Replay: o.replayLine}}
	for _, g := range guests {
		listener, err := net.Listen("unix", l.socket(g))
		if err != nil {
			return err
		}
		socket := device.NewSocket(listener)
		defer socket.Close()
		run.options.Machines[g.name] = topology.Machine{Card: socket,
			Visited: slices.Contains(to, g), Pause: g.pause,
			Run: func(ctx context.Context, p topology.Place) error {
				return l.live(ctx, g, p)
			}}
	}
	if err := file.Check(run.options); err != nil {
		return err
	}
	for i, pair := range pairs {
		if err := to[i].publishInLab(pair); err != nil {
			return err
		}
		defer to[i].ports[len(to[i].ports)-1].Close()
	}
	return l.run(run)
}

// socket is where the card of a machine connects.
func (l *labBoot) socket(g *guest) string { return filepath.Join(l.dir, g.name) }

// pause holds the machine, if it runs, until the returned function is called.
func (g *guest) pause() (resume func()) {
	m := g.running.Load()
	if m == nil || m.Pause() != nil {
		return func() {}
	}
	return func() { m.Resume() } // an error says that it has ended
}

// publishInLab leads a port to the machine, once it has a place in the lab.
func (g *guest) publishInLab(pair portPair) error {
	p, err := lan.Publish(pair.listenAt(), labPatience, func(ctx context.Context) (net.Conn, error) {
		place := g.place.Load()
		if place == nil {
			return nil, errors.New("the machine has no place yet")
		}
		at := place.Addrs[0].Addr().String()
		return place.Dial(ctx, "tcp", net.JoinHostPort(at, fmt.Sprint(pair.guest)))
	})
	if err != nil {
		return publishHint(err, pair)
	}
	g.ports = append(g.ports, p)
	return nil
}

// run runs the lab. An interrupt stops the machines first, as long as they have their network, and
// then the lab.
func (l *labBoot) run(run *labRun) error {
	stop := &atomic.Bool{}
	run.options.Stop = stop
	l.prepare(l.guests)
	over := make(chan struct{})
	go func() {
		select {
		case <-l.ctx.Done():
		case <-over:
			return
		}
		l.awaitMachines()
		stop.Store(true)
	}()
	t := &virtual.Run{Stdout: run.stdout, Stderr: run.stderr, Stop: stop}
	finish, err := run.begin()
	if err != nil {
		close(over)
		return err
	}
	result, err := run.file.Run(t, run.options)
	close(over)
	l.awaitMachines()
	code := finish(result, err)
	if _, ok := l.results(l.guests); !ok {
		code = max(code, exitFailed)
	}
	if code != exitDone {
		return &hinted{code: code}
	}
	return nil
}

// awaitPoll is how often is looked whether machines still run.
const awaitPoll = 10 * time.Millisecond

// awaitMachines waits until no machine runs: each is killed if it does not stop in time.
func (l *labBoot) awaitMachines() {
	for l.atWork.Load() > 0 {
		time.Sleep(awaitPoll)
	}
}

// live is one life of a machine: from its start until it has ended or, after an interrupt, until
// the lab ends too.
func (l *labBoot) live(ctx context.Context, g *guest, p topology.Place) (err error) {
	if l.ctx.Err() == nil {
		l.atWork.Add(1)
		err = l.bootIn(ctx, g, p)
		l.atWork.Add(-1)
	}
	if l.ctx.Err() != nil {
		<-ctx.Done()
	}
	return err
}

// bootIn boots a machine at its place in the lab, and waits until it has ended.
func (l *labBoot) bootIn(ctx context.Context, g *guest, p topology.Place) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(l.ctx, func() { cancel(unikernel.ErrStopped) })()
	seed := make([]byte, machine.SeedBytes)
	rand.Read(seed)
	c := *g.config
	c.Seed, c.Env = seed, slices.Concat(c.Env, g.settings(p.Config), placeEnvironment(p))
	c.Nets = []machine.Net{{MAC: p.MAC, Socket: l.socket(g)}}
	g.network = p.Addrs[0].String() + " " + p.Addrs[1].String()
	for _, port := range g.ports {
		g.network += fmt.Sprintf("      %s", port.Addr)
	}
	g.place.Store(&p)
	g.console.log = p.Log
	g.exit, g.took, g.err = l.boot(ctx, g, &c)
	g.console.end()
	if g.err == nil {
		g.ended(l.stderr)
	}
	g.asMeant = asMeant(ctx, g.exit)
	switch {
	case g.err != nil:
		return g.err
	case !g.exit.OK() && !g.asMeant:
		return errors.New(g.exit.String())
	}
	return nil
}

// asMeant tells whether a machine ended as the lab meant it to: it was killed, or a program that
// does not listen to SIGTERM was ended by that.
func asMeant(ctx context.Context, exit machine.Exit) bool {
	return errors.Is(context.Cause(ctx), unikernel.ErrKilled) ||
		ctx.Err() != nil && exit.End == machine.Exited && exit.Code == machine.CodeMax
}

// settings are those that the file gives the host, as the program reads them from its environment.
func (g *guest) settings(config map[string]string) (env []string) {
	for _, name := range slices.Sorted(maps.Keys(config)) {
		env = append(env, unikernel.Variable(path.Base(g.about.Program), name)+"="+config[name])
	}
	return env
}

// placeEnvironment tells a machine where it is, and the names of as many hosts as there is room
// for.
func placeEnvironment(p topology.Place) (env []string) {
	for i, variable := range [2]string{card.AddressVariable, card.Address6Variable} {
		text := p.Addrs[i].String()
		if r := p.Routers[i]; r.IsValid() {
			text += "," + r.String()
		}
		env = append(env, variable+"="+text)
	}
	var table []string
	size := 0
	for _, h := range p.Hosts {
		for _, a := range h.Addrs {
			pair := h.Name + "=" + a.String()
			if size += len(pair) + 1; size > hostsBytesMax {
				break
			}
			table = append(table, pair)
		}
	}
	return append(env, card.HostsVariable+"="+strings.Join(table, ","))
}

// labBooted is what --json prints: the lab's result, and the machines.
type labBooted struct {
	labJSON
	Machines []booted `json:"machines"`
}

func (l *labBoot) asJSON(r *topology.Result, wall time.Duration) any {
	list, _ := l.results(l.guests)
	return labBooted{labJSONOf(r, wall).(labJSON), list}
}
