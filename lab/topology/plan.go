package topology

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/vnet/fault"
)

// Limits of what a machine does.
const (
	ConnectionsMax = 64      // of one fetching host
	RepeatMax      = 100_000 // of one fetching host
)

// plan is a file with its groups spread out, its names resolved and its texts understood.
type plan struct {
	file     *File
	problems *problems

	machines []machine
	crowded  bool // there would be more
	switches []string
	names    map[string][]int // of hosts, groups and routers: indexes of machines
	known    []string         // all names, in order
	taken    map[string]bool  // likewise
	links    []planLink
	linkRefs map[string][]way // "a-b", "b-a": both ways; "a > b": that one
	refNames [2][]string      // the keys of linkRefs, links and ways, in order
	clients  []client
	actions  []action
	flows    []flow
	expect   []claim
	duration time.Duration
	sane     bool // there are no problems but with expectations
}

// machine is one host or router.
type machine struct {
	name   string
	host   *Host // nil for a router
	index  int   // in its group
	router bool
}

// run returns what the machine runs, nil for nothing.
func (m *machine) run() Run {
	if m.host == nil {
		return nil
	}
	return m.host.Run
}

// client is a machine that does something to another one and then is done.
type client struct {
	machine int
	server  int
	port    int // of an iperf server
	window  int // bytes of an iperf test's socket buffers; 0 is iperf's own default
}

// plan understands a file and adds what is wrong with it to problems. With options it also asks for
// what they give: services and directories.
func (f *File) plan(p *problems, o *RunOptions) *plan {
	pl := &plan{file: f, problems: p, names: map[string][]int{},
		linkRefs: map[string][]way{}, taken: map[string]bool{}, duration: f.Length()}
	pl.spreadMachines()
	pl.spreadLinks()
	for i := range f.Hosts {
		pl.checkHost(&f.Hosts[i], o)
	}
	pl.findClients()
	pl.checkDuration()
	pl.readActions()
	pl.checkMachines(o)
	pl.sane = len(*p) == 0
	pl.readExpectations()
	if len(*p) == 0 { // or what follows would be a consequence
		pl.checkWays()
	}
	return pl
}

// Check says what is wrong with a file, as far as it can be known before a run: besides what Load
// finds, services that options do not know and directories that are not there. The error is as
// that of Load.
func (f *File) Check(o RunOptions) error {
	var p problems
	f.plan(&p, &o)
	return p.err()
}

// spreadMachines gives every machine its name.
func (p *plan) spreadMachines() {
	f := p.file
	for i := range f.Hosts {
		h := &f.Hosts[i]
		if !p.claim(h.Name, h.Position) {
			continue
		}
		if h.Count == 0 {
			p.addMachine(h.Name, h.Name, machine{host: h}, h.Position)
			continue
		}
		for index := range h.Count {
			name := h.Name + strconv.Itoa(index)
			if p.claim(name, h.Position) {
				p.addMachine(h.Name, name, machine{host: h, index: index}, h.Position)
			}
		}
	}
	for _, name := range f.Routers {
		if at := f.places[name]; p.claim(name, at) {
			p.addMachine(name, name, machine{router: true}, at)
		}
	}
	for _, name := range f.Switches {
		if p.claim(name, f.places[name]) {
			p.switches = append(p.switches, name)
		}
	}
}

func (p *plan) addMachine(group, name string, m machine, at Position) {
	if len(p.machines) == MachinesMax {
		if !p.crowded {
			p.problems.add(at, "", "more than %d machines", MachinesMax)
		}
		p.crowded = true
		return
	}
	m.name = name
	p.names[name] = append(p.names[name], len(p.machines))
	if group != name {
		p.names[group] = append(p.names[group], len(p.machines))
	}
	p.machines = append(p.machines, m)
}

// claim takes a name, which nothing else may have.
func (p *plan) claim(name string, at Position) bool {
	switch {
	case !validName(name):
		p.problems.add(at, "a name has lower-case letters, digits and hyphens, begins with a letter"+
			" and has 63 bytes at most", "%q is not a name", name)
		return false
	case p.taken[name]:
		p.problems.add(at, "machines and switches, groups included, need names of their own",
			"the name %q is there twice", name)
		return false
	}
	p.known, p.taken[name] = append(p.known, name), true
	return true
}

func validName(s string) bool {
	if s == "" || len(s) > NameBytesMax || s[0] < 'a' || s[0] > 'z' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// checkHost says what is wrong with what a host runs, by itself.
func (p *plan) checkHost(h *Host, o *RunOptions) {
	if h.broken {
		return
	}
	switch r := h.Run.(type) {
	case *Web:
		p.checkWeb(h, r, o)
	case *Fetch:
		if r.From == "" {
			p.problems.add(h.Position, "write from: and the name of a host that runs web",
				"%s fetches from nowhere", h.Name)
		}
	case *Iperf:
		p.checkIperf(h, r)
	case *Service:
		if o == nil || o.given(h) {
			return
		}
		if _, known := o.Services[r.Name]; !known {
			names := []string{"web", "fetch", "iperf", "iperf-server"}
			for name := range o.Services {
				names = append(names, name)
			}
			slices.Sort(names)
			p.problems.add(h.place("run"), meant(r.Name, names), "there is no service %q", r.Name)
		}
	}
}

func (p *plan) checkWeb(h *Host, w *Web, o *RunOptions) {
	var given fs.FS
	if o != nil {
		given = o.Roots[h.Name]
	}
	switch {
	case w.Root != "" && w.Sample != 0:
		p.problems.add(h.place("sample"), "leave one of them out", "%s has both root and sample",
			h.Name)
	case w.Sample > TreeBytesMax || w.Sample < 0:
		p.problems.add(h.place("sample"), "", "a sample has at most %s", units.Size(TreeBytesMax))
	case w.Root == "" && w.Sample == 0 && given == nil && (o != nil || h.Position.File != ""):
		p.problems.add(h.Position, "write root: and a directory, or sample: 2MiB",
			"%s has nothing to serve", h.Name)
	case w.Root != "" && given == nil && o != nil:
		if err := isDirectory(w.Root); err != nil {
			p.problems.add(h.place("root"), "", "root: %v", err)
		}
	}
}

func (p *plan) checkIperf(h *Host, i *Iperf) {
	switch {
	case i.To == "":
		p.problems.add(h.Position, "write to: and the name of a host that runs iperf-server",
			"%s measures nothing", h.Name)
	case i.Omit%time.Second != 0 || i.Omit > iperf.OmitMax:
		p.problems.add(h.place("omit"), "", "omit is not whole seconds up to %s",
			units.Duration(iperf.OmitMax))
	case i.Time > iperf.DurationMax:
		p.problems.add(h.place("time"), "", "time is above %s", units.Duration(iperf.DurationMax))
	case i.Reverse && i.Bidirectional:
		p.problems.add(h.place("bidir"), "leave one of them out", "%s has both reverse and bidir",
			h.Name)
	case !slices.Contains([]string{"", "cubic", "reno"}, i.Congestion):
		p.problems.add(h.place("cc"), meant(i.Congestion, []string{"cubic", "reno"}),
			"there is no congestion control %q", i.Congestion)
	}
}

// last returns when the test is over if all goes well.
func (i *Iperf) last() time.Duration { return i.Start + i.Omit + i.length() }

func (i *Iperf) length() time.Duration {
	if i.Time == 0 {
		return iperfTimeDefault
	}
	return i.Time
}

const iperfTimeDefault = 10 * time.Second

// findClients finds the server of each client. Clients of one iperf server have a port each, since
// it serves one test at a time.
func (p *plan) findClients() {
	ports := make([]int, len(p.machines))
	for i := range p.machines {
		m := &p.machines[i]
		if m.host == nil || m.host.broken {
			continue
		}
		switch r := m.host.Run.(type) {
		case *Fetch:
			if s, ok := p.server(m, "from", r.From, "web", isWeb); ok {
				p.clients = append(p.clients, client{machine: i, server: s})
			}
		case *Iperf:
			if s, ok := p.server(m, "to", r.To, "iperf-server", isIperfServer); ok {
				p.addIperf(r, client{machine: i, server: s, port: iperf.Port + ports[s]})
				ports[s]++
			}
		}
	}
}

// flow is the data of one iperf test in one direction.
type flow struct {
	client   int // index into plan.clients
	from, to int // machines
	udp      bool
	reverse  bool // not from the client
}

func (p *plan) addIperf(r *Iperf, c client) {
	p.clients = append(p.clients, c)
	f := flow{client: len(p.clients) - 1, from: c.machine, to: c.server, udp: r.UDP}
	back := f
	back.from, back.to, back.reverse = c.server, c.machine, true
	switch {
	case r.Bidirectional:
		p.flows = append(p.flows, f, back)
	case r.Reverse:
		p.flows = append(p.flows, back)
	default:
		p.flows = append(p.flows, f)
	}
}

func isWeb(r Run) bool         { _, ok := r.(*Web); return ok }
func isIperfServer(r Run) bool { _, ok := r.(*IperfServer); return ok }

// server returns the machine of that name, of a group the one that is m's turn. It says once for a
// group what is wrong.
func (p *plan) server(m *machine, key, name, kind string, is func(Run) bool) (index int, ok bool) {
	if name == "" {
		return 0, false // reported
	}
	list := p.names[name]
	complain := func(hint, format string, args ...any) {
		if m.index == 0 {
			p.problems.add(m.host.place(key), hint, format, args...)
		}
	}
	if len(list) == 0 {
		complain(meant(name, p.running(is)), "%s: there is no host %q", key, name)
		return 0, false
	}
	index = list[m.index%len(list)]
	switch s := p.machines[index]; {
	case s.host != nil && s.host.broken:
		return 0, false
	case !is(s.run()):
		complain("give it run: "+kind, "%s: %s does not run %s", key, name, kind)
		return 0, false
	}
	return index, true
}

// running returns the names of hosts and groups that run such a thing.
func (p *plan) running(is func(Run) bool) (names []string) {
	for _, h := range p.file.Hosts {
		if is(h.Run) {
			names = append(names, h.Name)
		}
	}
	return names
}

// checkDuration says which tests would last longer than the run.
func (p *plan) checkDuration() {
	for i := range p.file.Hosts {
		h := &p.file.Hosts[i]
		if r, ok := h.Run.(*Iperf); ok && !h.broken && r.last() > p.duration {
			p.problems.add(h.place("time"), "make the run longer or the test shorter",
				"the test of %s would end at %s, after the run (duration %s)", h.Name,
				units.Duration(r.last()), units.Duration(p.duration))
		}
	}
}

// parseValues reads values in fault's words, of a link that a lab in virtual time can have.
func parseValues(text string) ([]fault.Value, error) {
	values, err := fault.Parse(text)
	if err == nil {
		err = checkValues(values)
	}
	if err != nil {
		return nil, err
	}
	return values, nil
}

func describe(r Run) string {
	switch r := r.(type) {
	case *Web:
		if r.TLS {
			return "web over TLS"
		}
	case *Fetch:
		return "fetch from " + r.From
	case *Iperf:
		return fmt.Sprintf("iperf to %s", r.To)
	}
	return r.kind()
}
