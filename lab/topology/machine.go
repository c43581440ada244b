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
	// Pause holds the machine until the function that it returns is called. Nil: it cannot be held.
	Pause func() (resume func())
	// Visited asks for Place.Dial, which needs a switch at the other end of the machine's link.
	Visited bool
}

// Place is what a virtual machine must be told.
type Place struct {
	lab.Place
	Config map[string]string // the host's settings, if the file has a service run there
	Hosts  []Named           // all hosts and routers of the lab
	Log    *slog.Logger      // for Result.Log
	// Dial connects to the lab from a host at the machine's switch, which is there for those who
	// come from outside. Nil if nobody asked for it.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
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
		p.checkMachine(name, o.Machines[name])
	}
}

func (p *plan) checkMachine(name string, given Machine) {
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
	links, atSwitch := 0, false
	for i := range p.links {
		k := &p.links[i]
		if !slices.Contains(k.ends[:], name) {
			continue
		}
		links++
		for _, end := range k.ends {
			atSwitch = atSwitch || slices.Contains(p.switches, end)
		}
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
	if given.Visited && !atSwitch {
		p.problems.add(m.host.Position, "link it with a switch, where there is room for one more",
			"%s cannot be reached from outside", name)
	}
	for i := range p.actions {
		a := &p.actions[i]
		if a.verb == freeze && given.Pause == nil && slices.Contains(a.machines, index) {
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

// runOf returns what the file has run on a host.
func (r *runner) runOf(name string) Run {
	return r.plan.machines[r.plan.names[name][0]].run()
}

// pause freezes a host.
func (r *runner) pause(h *lab.Host) (resume func()) {
	if m, ok := r.options.Machines[h.Name()]; ok {
		return m.Pause()
	}
	return h.Pause()
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
		if s, ok := r.runOf(name).(*Service); ok {
			p.Config = s.Config
		}
		if v := r.visitors[name]; v != nil {
			p.Dial = v.DialContext
		}
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

// visitorPrefix is before the name of a switch in that of its host for visitors. No host of a file
// can be called so.
const visitorPrefix = "outside."

// addVisitors gives switches hosts for those who come from outside, after all others: addresses of
// the lab's own are as without.
func (r *runner) addVisitors(nodes map[string]lab.Node) {
	r.visitors = map[string]*lab.Host{}
	at := map[string]*lab.Host{}
	for i := range r.plan.links {
		ends := r.plan.links[i].ends
		for e, name := range ends {
			node := ends[1-e]
			if !r.options.Machines[name].Visited {
				continue
			}
			if at[node] == nil {
				at[node] = r.lab.Host(visitorPrefix+node, nil)
				r.lab.Link(at[node], nodes[node])
				r.nameAddrs(at[node])
			}
			r.visitors[name] = at[node]
		}
	}
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
