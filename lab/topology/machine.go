package topology

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
)

// MachineMTU is the largest IP packet of a virtual machine's network card, in bytes.
const MachineMTU = 1500

// Machine is a virtual machine that takes the place of a host: what runs there is its own program,
// not what the file says.
type Machine struct {
	Card device.Frames // its network card
	// Run starts the machine and returns when it has ended. When ctx ends it stops the machine, at
	// once if the cause is unikernel.ErrKilled. An error that comes before fails the run.
	Run func(ctx context.Context, p Place) error
}

// Place is what a virtual machine must be told.
type Place struct {
	lab.Place
	Hosts []Named      // all hosts and routers of the lab
	Log   *slog.Logger // for Result.Log
}

// Named is a host of the lab.
type Named struct {
	Name  string
	Addrs []netip.Addr // its first IPv4 address and its first IPv6 address
}

// checkMachines says which virtual machines cannot take the place of a host.
func (p *plan) checkMachines(o *RunOptions) {
	if o == nil {
		return
	}
	var names []string
	for name := range o.Machines {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		p.checkMachine(name)
	}
}

func (p *plan) checkMachine(name string) {
	index := slices.IndexFunc(p.machines, func(m machine) bool { return m.name == name })
	if index < 0 {
		hosts := []string{}
		for i := range p.machines {
			if !p.machines[i].router {
				hosts = append(hosts, p.machines[i].name)
			}
		}
		p.problems.add(Position{}, meant(name, hosts), "the lab has no host %q for a machine", name)
		return
	}
	m := &p.machines[index]
	if m.router {
		p.problems.add(p.file.places[name], "a machine takes the place of a host",
			"%s is a router", name)
		return
	}
	switch m.run().(type) {
	case *Fetch, *Iperf:
		p.problems.add(m.host.place("run"), "nobody sees what a machine has got: let it run a server, "+
			"a service or nothing", "%s runs %s, and a machine takes its place", name, m.run().kind())
	}
	links := 0
	for i := range p.links {
		k := &p.links[i]
		if !slices.Contains(k.ends[:], name) {
			continue
		}
		links++
		if mtu := min(k.settings(0).MTU, k.settings(1).MTU); mtu < MachineMTU {
			p.problems.add(m.host.Position, fmt.Sprintf("give the link mtu %d or more", MachineMTU),
				"%s has mtu %d, and the machine %s sends packets of %d bytes", k.name(), mtu, name,
				MachineMTU)
		}
	}
	if links > 1 {
		p.problems.add(m.host.Position, "put a router between", "%s has %d links, and a machine one",
			name, links)
	}
	for i := range p.actions {
		a := &p.actions[i]
		if a.verb == freeze && slices.Contains(a.machines, index) {
			p.problems.add(m.host.Position, "crash and restart it",
				"%q: %s is a virtual machine, which cannot be paused", a.text, name)
		}
	}
}

// given tells whether virtual machines take the places of all that a host stands for.
func (o *RunOptions) given(h *Host) bool {
	if h.Count == 0 {
		_, ok := o.Machines[h.Name]
		return ok
	}
	for i := range h.Count {
		if _, ok := o.Machines[h.Name+strconv.Itoa(i)]; !ok {
			return false
		}
	}
	return true
}

// isMachine tells whether a virtual machine has taken the place of a host.
func (r *runner) isMachine(name string) bool {
	_, ok := r.options.Machines[name]
	return ok
}

// machine puts a virtual machine in place.
func (r *runner) machine(name string) *lab.Host {
	m := r.options.Machines[name]
	r.machines++
	ended := false
	return r.lab.Machine(name, m.Card, func(ctx context.Context, _ *unikernel.Machine) error {
		p := Place{Place: r.hosts[name].Place(), Log: r.log.logger(name)}
		for i := range r.plan.machines {
			h := r.hosts[r.plan.machines[i].name]
			named := Named{Name: h.Name()}
			for _, v6 := range [2]bool{false, true} {
				if a := h.Addr(v6); a.IsValid() {
					named.Addrs = append(named.Addrs, a)
				}
			}
			p.Hosts = append(p.Hosts, named)
		}
		err := m.Run(ctx, p)
		r.mu.Lock()
		defer r.mu.Unlock()
		if ctx.Err() == nil && !ended { // it has ended by itself
			ended = true
			if r.machines--; r.machines == 0 {
				close(r.machinesEnded)
			}
		}
		return err
	})
}

// machineRetry is how often a client looks whether its server, a machine, listens.
const machineRetry = 100 * time.Millisecond

// awaitMachine waits until a server that is a machine listens: nobody says so before.
func (r *runner) awaitMachine(ctx context.Context, n unikernel.Net, server, port string) {
	if !r.isMachine(server) {
		return
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, time.Second)
		conn, err := n.DialContext(attempt, "tcp", net.JoinHostPort(server, port))
		cancel()
		if err == nil {
			conn.Close()
			return
		}
		if !pause(ctx, machineRetry) {
			return
		}
	}
}
