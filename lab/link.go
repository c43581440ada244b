package lab

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
	"github.com/atoll-os/atoll/wire"
)

// Way is one direction of a link.
type Way struct {
	lab   *Lab
	name  string
	dir   *vnet.Direction
	chain *fault.Chain
}

// Name returns the link's name: "me-web".
func (k *Link) Name() string { return k.name }

// AtoB returns the direction from the first node given to Lab.Link to the second.
func (k *Link) AtoB() *Way { return k.ways[0] }

// BtoA returns the other direction.
func (k *Link) BtoA() *Way { return k.ways[1] }

// Add puts values on both directions, behind those in force and without clearing any, until undo.
// It panics on settings that make no sense.
func (k *Link) Add(values ...fault.Value) (undo func()) {
	a, b := k.ways[0].Add(values...), k.ways[1].Add(values...)
	return func() { a(); b() }
}

// Down pulls the cable, until up. What is under way is lost.
func (k *Link) Down() (up func()) {
	k.lab.note("pull " + k.name)
	risen := k.lab.stand("cable " + k.name + " pulled")
	k.setDown(true)
	return func() {
		k.lab.note("plug " + k.name)
		risen()
		k.setDown(false)
	}
}

func (k *Link) setDown(down bool) {
	k.lab.network.Do(func(now clock.Instant, _ *vnet.Network) { k.link.SetDown(now, down) })
}

// Name returns the nodes with the direction between them: "me > web".
func (w *Way) Name() string { return w.name }

// Counters returns what happened at the port that sends into this direction.
func (w *Way) Counters() (c vnet.Counters) {
	w.lab.network.Do(func(clock.Instant, *vnet.Network) { c = w.dir.From().Counters() })
	return c
}

// Queued returns how many frames and bytes wait now in front of this direction.
func (w *Way) Queued() (frames, bytes int) {
	w.lab.network.Do(func(clock.Instant, *vnet.Network) { frames, bytes = w.dir.Queued() })
	return frames, bytes
}

// Add puts values on this direction, behind those in force and without clearing any, until undo. It
// panics on settings that make no sense.
func (w *Way) Add(values ...fault.Value) (undo func()) {
	what := w.name + " " + fault.String(values...)
	take, err := w.add(values)
	if err != nil {
		panic(fmt.Sprintf("lab: link %s: %v", what, err))
	}
	w.lab.note(what)
	gone := w.lab.stand(what)
	return func() {
		w.lab.note("end of " + what)
		gone()
		take()
	}
}

func (w *Way) add(values []fault.Value) (undo func(), err error) {
	var take func()
	w.lab.network.Do(func(clock.Instant, *vnet.Network) { take, err = w.chain.Add(values...) })
	return func() { w.lab.network.Do(func(clock.Instant, *vnet.Network) { take() }) }, err
}

// Partition keeps the machines of one side from talking with all others, established connections
// included, until heal. Machines of one side go on talking with each other.
func (l *Lab) Partition(side ...*Host) (heal func()) {
	inside := map[*Host]bool{}
	var names []string
	for _, h := range side {
		inside[h] = true
		names = append(names, h.Name())
	}
	l.mu.Lock()
	hosts := append([]*Host(nil), l.hosts...)
	links := append([]*Link(nil), l.links...)
	l.mu.Unlock()
	what := "partition " + strings.Join(names, " ") + " | the rest"
	l.note(what)
	gone := l.stand(what)
	from := [2]fault.Value{stations(hosts, inside, true), stations(hosts, inside, false)}
	var undos []func()
	for _, k := range links {
		for _, w := range k.ways {
			h := l.hostAt(w.dir.To())
			if h == nil {
				continue
			}
			cut := from[0]
			if inside[h] {
				cut = from[1]
			}
			if undo, err := w.add([]fault.Value{cut}); err == nil {
				undos = append(undos, undo)
			}
		}
	}
	return func() {
		l.note("heal " + strings.Join(names, " ") + " | the rest")
		gone()
		for _, undo := range undos {
			undo()
		}
	}
}

// stations is a partition from the machines that are inside, or from those that are not. Routers
// pass on what others send: only their IP addresses count.
func stations(hosts []*Host, inside map[*Host]bool, in bool) fault.Value {
	var macs []wire.MAC
	var addrs []netip.Addr
	for _, h := range hosts {
		if inside[h] != in {
			continue
		}
		addrs = append(addrs, h.addrs...)
		for _, seg := range h.segments {
			for _, m := range seg.members {
				if m.host == h && !h.router {
					macs = append(macs, m.mac)
				}
			}
		}
	}
	return fault.Partition(macs, addrs)
}

// hostAt returns the machine that a port belongs to, nil for a switch's.
func (l *Lab) hostAt(p *vnet.Port) *Host {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.names[p.Node().Name()]
}
