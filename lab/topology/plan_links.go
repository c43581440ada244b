package topology

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
)

// base is what a link is like about which nothing is said.
var base = vnet.Settings{Delay: lab.DelayDefault, MTU: lab.MTUDefault}

// planLink is one cable.
type planLink struct {
	ends   [2]string
	values [2][]fault.Value // from the first end and to it
}

func (k *planLink) name() string { return k.ends[0] + "-" + k.ends[1] }

// settings returns what one direction is like.
func (k *planLink) settings(direction int) vnet.Settings {
	s, _ := fault.Apply(base, k.values[direction]...)
	return s
}

// text returns what one direction is like in fault's words, each setting once.
func (k *planLink) text(direction int) string {
	s, faults := fault.Apply(base, k.values[direction]...)
	words := []string{s.String()}
	for _, f := range faults {
		words = append(words, f.String())
	}
	return strings.Join(words, " ")
}

// way is a link or one of its directions.
type way struct {
	link int
	only int // -1: both directions
}

// checkValues refuses what no lab in virtual time can have: see vnet.DelayMin.
func checkValues(values []fault.Value) error {
	s, _ := fault.Apply(base, values...)
	if err := s.Validate(); err != nil {
		return err
	}
	if s.Delay < vnet.DelayMin {
		return &units.Error{Input: units.Duration(s.Delay),
			Problem: "a delay of " + units.Duration(s.Delay) + " is too short for virtual time",
			Hint:    "the least is " + units.Duration(vnet.DelayMin) + ": an answer takes time"}
	}
	return nil
}

// segmentsMax is how many networks a lab has numbers for: see package lab.
const segmentsMax = 255

// spreadLinks makes a cable for each machine of a group.
func (p *plan) spreadLinks() {
	f := p.file
	segments := len(p.switches)
	for i := range f.Links {
		l := &f.Links[i]
		var ends [2][]string
		ok := !l.broken
		for e, name := range l.Ends {
			if ends[e] = p.ends(name); ends[e] == nil {
				if name != "" {
					p.problems.add(l.end(e), meant(name, p.known),
						"a link to nowhere: there is no %q", name)
				}
				ok = false
			}
		}
		if !ok {
			continue
		}
		values := [2][]fault.Value{override(f.Defaults, l.Values, l.Forward),
			override(f.Defaults, l.Values, l.Backward)}
		for _, v := range values {
			if err := checkValues(v); err != nil {
				p.problems.add(l.Position, "", "link %s-%s: %v", l.Ends[0], l.Ends[1], err)
			}
		}
		if !slices.Contains(p.switches, l.Ends[0]) && !slices.Contains(p.switches, l.Ends[1]) {
			segments += max(len(ends[0]), len(ends[1]))
		}
		p.spreadLink(l, ends, values)
	}
	if segments > segmentsMax {
		p.problems.add(f.Links[0].Position, "put machines on a switch", "%d networks, at most %d:"+
			" each switch is one, and each link without a switch", segments, segmentsMax)
	}
	p.refNames = [2][]string{}
	for i := range p.links {
		k := &p.links[i]
		p.refNames[0] = append(p.refNames[0], k.name())
		p.refNames[1] = append(p.refNames[1], k.ends[0]+" > "+k.ends[1], k.ends[1]+" > "+k.ends[0])
	}
}

// override returns the values of all lists, but none whose word a later list has too: what a
// direction says goes before what its link says, and that before the defaults.
func override(lists ...[]fault.Value) (values []fault.Value) {
	for i, list := range lists {
		for _, v := range list {
			later := slices.ContainsFunc(lists[i+1:], func(list []fault.Value) bool {
				return slices.ContainsFunc(list, func(w fault.Value) bool { return word(w) == word(v) })
			})
			if !later {
				values = append(values, v)
			}
		}
	}
	return values
}

// word returns the word of fault's vocabulary that a value is.
func word(v fault.Value) string {
	name, _, _ := strings.Cut(v.String(), " ")
	return name
}

// ends returns the machines, or the switch, of a name.
func (p *plan) ends(name string) (list []string) {
	if slices.Contains(p.switches, name) {
		return []string{name}
	}
	for _, i := range p.names[name] {
		list = append(list, p.machines[i].name)
	}
	return list
}

func (p *plan) spreadLink(l *Link, ends [2][]string, values [2][]fault.Value) {
	a, b := l.Ends[0], l.Ends[1]
	n := max(len(ends[0]), len(ends[1]))
	switch {
	case a == b:
		p.problems.add(l.end(1), "", "a link from %s to itself", a)
		return
	case slices.Contains(p.switches, a) && slices.Contains(p.switches, b):
		p.problems.add(l.end(1), "put a router between them, or all machines on one",
			"a link between two switches, %s and %s", a, b)
		return
	case len(ends[0]) > 1 && len(ends[1]) > 1 && len(ends[0]) != len(ends[1]):
		p.problems.add(l.end(1), "", "%s has %d machines and %s has %d: which goes where?",
			a, len(ends[0]), b, len(ends[1]))
		return
	case len(p.linkRefs[a+"-"+b]) > 0:
		p.problems.add(l.end(0), "put a switch or a router in between",
			"a second link between %s and %s", a, b)
		return
	case len(p.links)+n > LinksMax:
		p.problems.add(l.Position, "", "more than %d links", LinksMax)
		return
	}
	for i := range n {
		k := planLink{[2]string{ends[0][i%len(ends[0])], ends[1][i%len(ends[1])]}, values}
		index := len(p.links)
		if k.ends != l.Ends && len(p.linkRefs[k.name()]) > 0 {
			p.problems.add(l.end(0), "put a switch or a router in between",
				"a second link between %s and %s", k.ends[0], k.ends[1])
			return
		}
		p.links = append(p.links, k)
		p.refer(k.ends, index)
		if k.ends != l.Ends {
			p.refer(l.Ends, index)
		}
	}
}

// refer lets a link be found by two names.
func (p *plan) refer(ends [2]string, link int) {
	a, b := ends[0], ends[1]
	add := func(name string, only int) {
		p.linkRefs[name] = append(p.linkRefs[name], way{link, only})
	}
	add(a+"-"+b, -1)
	add(b+"-"+a, -1)
	add(a+" > "+b, 0)
	add(b+" > "+a, 1)
}

// checkWays says which machines have no link, and which clients cannot reach their server. It works
// out the buffers of iperf tests.
func (p *plan) checkWays() {
	neighbours := map[string][]way{}
	for i := range p.links {
		k := &p.links[i]
		neighbours[k.ends[0]] = append(neighbours[k.ends[0]], way{i, 0})
		neighbours[k.ends[1]] = append(neighbours[k.ends[1]], way{i, 1})
	}
	for i := range p.machines {
		m := &p.machines[i]
		if len(neighbours[m.name]) > 0 {
			continue
		}
		at := p.file.places[m.name]
		if m.host != nil {
			at = m.host.Position
		}
		p.problems.add(at, fmt.Sprintf("write - {ends: [%s, …]} below links", m.name),
			"%s has no link", m.name)
	}
	if len(*p.problems) > 0 {
		return
	}
	for i := range p.clients {
		c := &p.clients[i]
		m := &p.machines[c.machine]
		path := p.path(neighbours, m.name, p.machines[c.server].name)
		if path == nil {
			p.problems.add(m.host.Position, "machines forward only if they are routers",
				"there is no way from %s to %s", m.name, p.machines[c.server].name)
			continue
		}
		if r, ok := m.run().(*Iperf); ok && !r.UDP {
			c.window = p.window(path)
		}
	}
}

// path returns the directions of links from one machine to another, of the fewest; nil for none.
func (p *plan) path(neighbours map[string][]way, from, to string) []way {
	type step struct {
		at   string
		path []way
	}
	seen := map[string]bool{from: true}
	for next := []step{{at: from}}; len(next) > 0; next = next[1:] {
		s := next[0]
		if s.at != from && !p.forwards(s.at) {
			continue
		}
		for _, w := range neighbours[s.at] {
			peer := p.links[w.link].ends[1-w.only]
			if seen[peer] {
				continue
			}
			seen[peer] = true
			path := append(slices.Clone(s.path), w)
			if peer == to {
				return path
			}
			next = append(next, step{peer, path})
		}
	}
	return nil
}

func (p *plan) forwards(name string) bool {
	if slices.Contains(p.switches, name) {
		return true
	}
	list := p.names[name]
	return len(list) == 1 && p.machines[list[0]].router
}

// Buffers of iperf tests.
const (
	// windowLeast is what iperf takes by itself.
	windowLeast = 256 << 10
	// windowMost bounds the buffer of a connection, in bytes.
	windowMost = 64 << 20
	// rateAssumed stands for a rate that is unlimited.
	rateAssumed = 1_000_000_000
)

// window returns the socket buffers of an iperf test over a path: four times the product of its
// bandwidth and its round-trip time without queues, so that a full queue and a loss do not starve
// it; 0 if iperf's own default is more than that. A path without a rate counts as 1 Gbit/s.
func (p *plan) window(path []way) int {
	rate, rtt := int64(math.MaxInt64), time.Duration(0)
	for _, w := range path {
		for direction := range 2 {
			s := p.links[w.link].settings(direction)
			rtt += s.Delay
			if s.Rate > 0 {
				rate = min(rate, s.Rate)
			}
		}
	}
	if rate == math.MaxInt64 {
		rate = rateAssumed
	}
	window := 4 * float64(rate) / 8 * rtt.Seconds()
	if window <= windowLeast {
		return 0
	}
	return int(min(window, windowMost))
}
