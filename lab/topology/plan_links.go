package topology

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/tcpip"
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

// checkValues refuses what no lab can have: an MTU too small for hosts, and in virtual time a delay
// below vnet.DelayMin.
func checkValues(values []fault.Value) error {
	s, _ := fault.Apply(base, values...)
	if err := s.Validate(); err != nil {
		return err
	}
	if s.MTU != vnet.MTUUnlimited && s.MTU < tcpip.MTUMin {
		return &units.Error{Input: strconv.Itoa(s.MTU),
			Problem: fmt.Sprintf("a host has no room for TCP in an MTU of %d", s.MTU),
			Hint:    fmt.Sprintf("the least is %d; the usual MTU is 1500", tcpip.MTUMin)}
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
