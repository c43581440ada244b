package topology

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
)

// runner is one run of a file.
type runner struct {
	plan    *plan
	options RunOptions
	lab     *lab.Lab
	digest  *capture.Digest
	trees   map[*Host]*tree
	hosts   map[string]*lab.Host
	links   []*lab.Link
	names   map[netip.Addr]string
	addrs   [][]string // of machines
	failure failures
	log     logbook
	sampler *sampler // nil: no series

	servers  map[string]*iperf.Result // of tests, by cookie; guarded by mu as all below
	allUp    chan struct{}
	finished chan struct{} // closed when every client is done
	// machinesEnded is closed when every virtual machine has ended by itself.
	machinesEnded chan struct{}
	visitors      map[string]*lab.Host // by the machine that they visit

	mu        sync.Mutex
	machines  int // virtual ones that have not ended by themselves
	waiting   int // servers that are not up yet
	left      int // clients that are not done yet
	isDone    []bool
	isOver    bool
	tests     []tested    // by client
	transfers []*Transfer // by client, nil for one that does not fetch
	conns     []*conn
	fresh     []*conn // not seen by the sampler yet
	sockets   []*datagrams
	notes     []Note
	undo      undoing
}

// Farewell is how long a virtual run goes on after everything is done: for the last words of
// connections, which a capture should have.
const Farewell = time.Second

// Run runs the file: in the virtual time of the bubble that it is called in, or with o.Real in real
// time. It ends when all clients are done and everything planned has happened, or when Length has
// passed, or by o.Stop.
//
// An error means that the run could not begin: it is as that of Load, or says what is wrong with
// the options. What goes wrong later stands in the Result, never in t.
func (f *File) Run(t lab.T, o RunOptions) (*Result, error) {
	if o.Real && o.Digest {
		return nil, errors.New("topology: a digest of a run in real time says nothing: no two are equal")
	}
	if !o.Real && len(o.Machines) > 0 {
		return nil, errors.New("topology: virtual machines need real time")
	}
	if o.Seed == 0 {
		o.Seed = f.Seed
	}
	if o.Seed == 0 {
		o.Seed = SeedDefault
	}
	var p problems
	r := &runner{plan: f.plan(&p, &o), options: o, hosts: map[string]*lab.Host{},
		trees: map[*Host]*tree{}, names: map[netip.Addr]string{},
		servers: map[string]*iperf.Result{}, undo: undoing{}}
	if len(p) == 0 {
		r.readTrees(&p)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	r.failure.T, r.failure.name = t, f.Name
	r.lab = lab.New(&r.failure, r.labOptions()...)
	defer r.lab.Close()
	r.log.now = r.now
	r.build()
	r.schedule()
	if o.Sample > 0 {
		r.sample()
	}
	if o.Real {
		r.lab.Start()
	}
	r.wait()
	return r.finish(), nil
}

// readTrees reads what web hosts serve into memory.
func (r *runner) readTrees(p *problems) {
	rand := prng.New(r.options.Seed).Split("sample")
	for i := range r.plan.file.Hosts {
		h := &r.plan.file.Hosts[i]
		w, ok := h.Run.(*Web)
		if !ok {
			continue
		}
		t, err := (*tree)(nil), error(nil)
		switch root := r.options.Roots[h.Name]; {
		case root != nil:
			t, err = readTree(root)
		case w.Sample > 0:
			t = sampleTree(rand.Split(h.Name), w.Sample)
		default:
			t, err = readTree(os.DirFS(w.Root))
		}
		if err != nil {
			p.add(h.place("root"), "", "%s cannot serve %s: %v", h.Name, w.Root, err)
			t = &tree{}
		}
		r.trees[h] = t
	}
	for i := range r.plan.file.Hosts {
		h := &r.plan.file.Hosts[i]
		f, ok := h.Run.(*Fetch)
		if !ok || len(*p) > 0 {
			continue
		}
		for _, index := range r.plan.names[f.From] {
			if t := r.trees[r.plan.machines[index].host]; len(t.choose(f.Files)) == 0 {
				p.add(h.place("files"), "", "%s has no such file for %s", f.From, h.Name)
				break
			}
		}
	}
}

// labOptions returns the options of the lab.
func (r *runner) labOptions() []lab.Option {
	o := &r.options
	options := []lab.Option{lab.Seed(o.Seed), lab.Replay(o.Replay),
		lab.Limit(r.plan.duration + time.Hour)} // the run has a limit of its own
	if !o.Real {
		options = append(options, lab.Virtual())
	}
	if o.Stop != nil {
		options = append(options, lab.Interrupt(o.Stop))
	}
	if o.Dir != "" {
		options = append(options, lab.Record(o.Dir))
	}
	if o.CaptureAll {
		options = append(options, lab.RecordScope(capture.All))
	}
	if o.Digest {
		r.digest = capture.NewDigest()
		options = append(options, lab.Observe(r.digest.Observe))
	}
	if o.Progress != nil {
		options = append(options, lab.Observe(func(e vnet.Event) {
			o.Progress.now.Store(int64(e.At))
			if e.Kind == vnet.Sent {
				o.Progress.frames.Add(1)
			}
		}))
	}
	window := 0
	for _, c := range r.plan.clients {
		window = max(window, c.window)
	}
	if window > tcp.DefaultReceiveBuffer {
		options = append(options, lab.TCP(tcp.Options{ReceiveBuffer: window}))
	}
	return options
}

// build puts machines, switches and links in place.
func (r *runner) build() {
	p := r.plan
	nodes := map[string]lab.Node{}
	client := map[int]int{}
	for i, c := range p.clients {
		client[c.machine] = i
	}
	r.left = len(p.clients)
	r.isDone, r.tests = make([]bool, r.left), make([]tested, r.left)
	r.transfers = make([]*Transfer, r.left)
	r.allUp, r.finished = make(chan struct{}), make(chan struct{})
	r.machinesEnded = make(chan struct{})
	for i := range p.machines {
		m := &p.machines[i]
		var h *lab.Host
		switch {
		case m.router:
			h = r.lab.Router(m.name)
		case r.isMachine(m.name):
			h = r.machine(m.name)
		default:
			service, config := r.service(i, client)
			h = r.lab.Host(m.name, service, config)
		}
		r.hosts[m.name], nodes[m.name] = h, h
	}
	if r.waiting == 0 {
		close(r.allUp)
	}
	for _, name := range p.switches {
		nodes[name] = r.lab.Switch(name)
	}
	for i := range p.links {
		k := &p.links[i]
		r.links = append(r.links, r.lab.LinkWays(nodes[k.ends[0]], nodes[k.ends[1]],
			k.values[0], k.values[1]))
	}
	r.addVisitors(nodes)
	for i := range p.machines {
		r.addrs = append(r.addrs, r.nameAddrs(r.hosts[p.machines[i].name]))
	}
}

// nameAddrs notes whose the addresses of a host are, and returns those that others use.
func (r *runner) nameAddrs(h *lab.Host) (addrs []string) {
	faces := h.Interfaces()
	if r.isMachine(h.Name()) { // it has its interfaces elsewhere
		p := h.Place()
		faces = []unikernel.Interface{{Addrs: p.Addrs[:]}}
	}
	for _, face := range faces {
		for _, prefix := range face.Addrs {
			a := prefix.Addr()
			r.names[a] = h.Name()
			if !a.IsLinkLocalUnicast() {
				addrs = append(addrs, a.String())
			}
		}
	}
	return addrs
}

// service returns what a machine runs, with a network and a log that are watched.
func (r *runner) service(index int, client map[int]int) (unikernel.Service, lab.Config) {
	m := &r.plan.machines[index]
	var inner unikernel.Service
	var config lab.Config
	switch s := m.run().(type) {
	case nil:
		return nil, nil
	case *Web:
		r.waiting++
		inner = r.web(m, s)
	case *IperfServer:
		r.waiting++
		inner = r.iperfServer(index)
	case *Fetch:
		i := client[index]
		want := len(r.trees[r.plan.machines[r.plan.clients[i].server].host].choose(s.Files))
		r.transfers[i] = &Transfer{Host: m.name, From: r.plan.machines[r.plan.clients[i].server].name,
			FilesTotal: want * max(s.Repeat, 1)}
		inner = r.fetch(i, s)
	case *Iperf:
		inner = r.iperfClient(client[index], s)
	case *Service:
		inner, config = r.options.Services[s.Name], s.Config
	}
	return func(ctx context.Context, u *unikernel.Machine) error {
		u.Net = &watchedNet{u.Net, r, m.name}
		u.Log = r.log.logger(m.name)
		return inner(ctx, u)
	}, config
}

// up says that a server can be used. In a new life of its machine that is known already.
func (r *runner) up() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		close(r.allUp)
	}
}

// awaitStart waits until all servers are up and the client's own time has come; false if ctx ends.
func (r *runner) awaitStart(ctx context.Context, start time.Duration) bool {
	select {
	case <-r.allUp:
	case <-ctx.Done():
		return false
	}
	return pause(ctx, start-r.now())
}

// done says that a client has done all it has to do.
func (r *runner) done(client int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.isDone[client] {
		return // it did it again, in a new life
	}
	r.isDone[client] = true
	if t := r.tests[client]; t.result == nil {
		r.tests[client].ended = r.now()
	}
	if r.left--; r.left == 0 {
		close(r.finished)
	}
}

// over reports whether the run is over: what ends then, ends because of that.
func (r *runner) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.isOver
}

// now returns the lab's time.
func (r *runner) now() time.Duration { return r.lab.Now() }

// wait waits until the run is over.
func (r *runner) wait() {
	ctx, cancel := context.WithTimeout(r.lab.Context(), r.plan.duration-r.now())
	defer cancel()
	done := r.finished // never, without clients
	if len(r.plan.clients) == 0 {
		done = r.machinesEnded // never, without machines
	}
	select {
	case <-done:
	case <-ctx.Done():
		return
	}
	if n := len(r.plan.actions); n > 0 {
		pause(ctx, r.plan.actions[n-1].at-r.now())
	}
}

// farewell lets connections end.
func (r *runner) farewell() {
	if r.options.Real || r.lab.Context().Err() != nil {
		return
	}
	select {
	case <-r.finished:
		pause(r.lab.Context(), Farewell)
	default:
	}
}

// frames returns how many frames were sent so far.
func (r *runner) frames() (n uint64) {
	r.lab.Network().Do(func(_ clock.Instant, net *vnet.Network) { n = net.Frames() })
	return n
}

// schedule plans what happens when.
func (r *runner) schedule() {
	for i := range r.plan.actions {
		a := &r.plan.actions[i]
		r.lab.At(a.at-r.now(), a.text, func() { r.act(a) })
	}
}

// undoing is how to take back what stands, by what it is.
type undoing map[string][]func()

func (u undoing) add(key string, f func()) { u[key] = append(u[key], f) }

func (u undoing) do(key string) {
	for _, f := range u[key] {
		f()
	}
	delete(u, key)
}

// act does one thing. The lab's timeline calls it, one after the other.
func (r *runner) act(a *action) {
	r.mu.Lock()
	r.notes = append(r.notes, Note{Time(r.now()), a.text})
	r.mu.Unlock()
	if p := r.options.Progress; p != nil {
		p.what.Store(&a.text)
	}
	for _, w := range a.ways {
		r.actOn(a, w)
	}
	switch a.verb {
	case partition:
		side := make([]*lab.Host, len(a.machines))
		for i, m := range a.machines {
			side[i] = r.hosts[r.plan.machines[m].name]
		}
		r.undo.add("partition", r.lab.Partition(side...))
		return
	case heal:
		r.undo.do("partition")
		return
	}
	for _, m := range a.machines {
		h := r.hosts[r.plan.machines[m].name]
		switch a.verb {
		case crash:
			h.Crash()
		case restart:
			h.Restart()
		case freeze:
			if key := "pause " + h.Name(); r.undo[key] == nil {
				r.undo.add(key, r.pause(h))
			}
		case resume:
			r.undo.do("pause " + h.Name())
		}
	}
}

// actOn does something to a link or one of its directions.
func (r *runner) actOn(a *action, w way) {
	k := r.links[w.link]
	key := "cable " + k.Name()
	switch a.verb {
	case pull:
		if r.undo[key] == nil {
			r.undo.add(key, k.Down())
		}
	case plug:
		r.undo.do(key)
	case change, restore:
		for i, d := range [2]*lab.Way{k.AtoB(), k.BtoA()} {
			key := "values " + d.Name()
			switch {
			case w.only >= 0 && w.only != i:
			case a.verb == restore:
				r.undo.do(key)
			default:
				r.undo.add(key, d.Add(a.values...))
			}
		}
	}
}

// failures is the T of a run: what fails is kept for the result, not told to the caller's T.
type failures struct {
	lab.T
	name string
	mu   sync.Mutex
	list []string
}

// FailuresMax bounds Result.Failures.
const FailuresMax = 100

// Name returns the name of the file.
func (f *failures) Name() string {
	if f.name == "" {
		return f.T.Name()
	}
	return f.name
}

// Errorf keeps what failed.
func (f *failures) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) < FailuresMax {
		f.list = append(f.list, fmt.Sprintf(format, args...))
	}
}

// Failed reports whether something failed.
func (f *failures) Failed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.list) > 0
}
