package topology

import (
	"slices"
	"strings"
)

// measure is a word of the vocabulary of expectations.
type measure struct {
	name string
	what selector
	unit *unit // of its band; nil: it has none
	must bool  // have a band
	// only says which flows have it: "tcp", "udp" or both.
	only string
}

// selector is what stands behind a measure.
type selector uint8

const (
	nothing  selector = iota
	flows             // A > B, or nothing for all
	fetches           // HOST, or nothing for all
	someLink          // LINK, A > B, or nothing for all
)

var measures = []measure{
	{name: "done", unit: timeUnit},
	{name: "transfers", what: fetches},
	{name: "checksums", what: fetches},
	{name: "retries", what: fetches, unit: countUnit, must: true},
	{name: "goodput", what: flows, unit: rateUnit, must: true},
	{name: "retransmits", what: flows, unit: countUnit, must: true, only: "tcp"},
	{name: "rtt", what: flows, unit: timeUnit, must: true, only: "tcp"},
	{name: "jitter", what: flows, unit: timeUnit, must: true, only: "udp"},
	{name: "lost", what: flows, unit: shareUnit, must: true, only: "udp"},
	{name: "drops", what: someLink, unit: countUnit, must: true},
}

// verdicts are the last words of measures without a band.
var verdicts = map[string]string{"transfers": "complete", "checksums": "equal"}

// claim is an Expectation that was understood.
type claim struct {
	*measure
	text    string
	band    *band // nil: any
	flows   []int // of plan.flows
	clients []int // of plan.clients, those that fetch
	ways    []way
}

// readExpectations understands what is to hold.
func (p *plan) readExpectations() {
	expect := p.file.Expect
	if len(expect) == 0 && len(p.clients) > 0 {
		expect = []Expectation{{What: "done"}}
	}
	for i, e := range expect {
		if i == ExpectationsMax {
			p.problems.add(e.Position, "", "more than %d expectations", ExpectationsMax)
			return
		}
		if c, ok := p.understand(e); ok {
			p.expect = append(p.expect, c)
		}
	}
}

func (p *plan) understand(e Expectation) (c claim, ok bool) {
	words := strings.Fields(e.What)
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = m.name
	}
	if len(words) == 0 {
		p.problems.add(e.Position, meant("", names), "nothing is expected")
		return c, false
	}
	i := slices.Index(names, words[0])
	if i < 0 {
		p.problems.add(e.Position, meant(words[0], names), "there is no measure %q", words[0])
		return c, false
	}
	c = claim{measure: &measures[i], text: e.String()}
	words = words[1:]
	if verdict := verdicts[c.name]; verdict != "" {
		if len(words) == 0 || words[len(words)-1] != verdict {
			p.problems.add(e.Position, "write "+c.name+" "+verdict, "%q says nothing", e.What)
			return c, false
		}
		words = words[:len(words)-1]
	}
	return c, p.selects(e, &c, words) && p.bands(e, &c)
}

// bands reads the band of an expectation.
func (p *plan) bands(e Expectation, c *claim) bool {
	at := e.band
	if at.File == "" {
		at = e.Position
	}
	switch {
	case e.Band == "" && c.must:
		p.problems.add(e.Position, "write "+e.What+": and a band such as "+c.unit.example,
			"%s without a band", c.name)
		return false
	case e.Band != "" && c.unit == nil:
		p.problems.add(at, "leave it out", "%s has no band", c.name)
		return false
	case e.Band == "":
		return true
	}
	b, err := parseBand(e.Band, c.unit)
	if err != nil {
		at, hint := blame(at, err)
		p.problems.add(at, hint, "%s: %v", c.name, err)
		return false
	}
	c.band = b
	return true
}

// selects finds what an expectation is about. If there is no such thing it could never be measured.
func (p *plan) selects(e Expectation, c *claim, words []string) bool {
	switch c.what {
	case nothing:
		if len(words) > 0 {
			p.problems.add(e.Position.in(words[0]), "", "%s: %q is a word too many", c.name, words[0])
			return false
		}
		if len(p.clients) == 0 && p.sane {
			p.problems.add(e.Position, "give a host run: fetch or run: iperf",
				"%s can never be measured: nobody does anything", c.name)
		}
		return true
	case flows:
		return p.selectFlows(e, c, words)
	case fetches:
		return p.selectFetches(e, c, words)
	}
	return p.selectLink(e, c, words)
}

func (p *plan) selectFlows(e Expectation, c *claim, words []string) bool {
	var from, to []int
	switch {
	case len(words) == 0:
	case len(words) == 3 && words[1] == ">":
		from, to = p.names[words[0]], p.names[words[2]]
		for i, list := range [2][]int{from, to} {
			if list == nil {
				p.noHost(e, words[2*i])
				return false
			}
		}
	default:
		p.problems.add(e.Position, "write "+c.name+" a > b: the one that sends and the one that"+
			" receives, or "+c.name+" alone for all", "%q names no direction", e.What)
		return false
	}
	for i, f := range p.flows {
		if from != nil && !(slices.Contains(from, f.from) && slices.Contains(to, f.to)) {
			continue
		}
		if c.only == "" || f.udp == (c.only == "udp") {
			c.flows = append(c.flows, i)
		}
	}
	if c.flows == nil && p.sane {
		p.problems.add(e.Position, p.whichFlows(c.only), "%q can never be measured: there is no such"+
			" iperf test", e.What)
	}
	return true
}

// whichFlows is the hint with the flows that there are.
func (p *plan) whichFlows(only string) string {
	var names []string
	for _, f := range p.flows {
		if only == "" || f.udp == (only == "udp") {
			names = append(names, p.machines[f.from].name+" > "+p.machines[f.to].name)
		}
	}
	if len(names) == 0 && only != "" {
		return "no test is over " + only
	} else if len(names) == 0 {
		return "give a host run: iperf"
	}
	return meant("", names)
}

func (p *plan) noHost(e Expectation, name string) {
	p.problems.add(e.Position.in(name), meant(name, p.known), "there is no host %q", name)
}

func (p *plan) selectFetches(e Expectation, c *claim, words []string) bool {
	var only []int
	switch len(words) {
	case 0:
	case 1:
		if only = p.names[words[0]]; only == nil {
			p.noHost(e, words[0])
			return false
		}
	default:
		p.problems.add(e.Position.in(words[1]), "", "%s: %q is a word too many", c.name, words[1])
		return false
	}
	for i, client := range p.clients {
		_, fetch := p.machines[client.machine].run().(*Fetch)
		if fetch && (only == nil || slices.Contains(only, client.machine)) {
			c.clients = append(c.clients, i)
		}
	}
	if c.clients == nil && p.sane {
		p.problems.add(e.Position, "give a host run: fetch",
			"%q can never be measured: nobody fetches", e.What)
	}
	return true
}

func (p *plan) selectLink(e Expectation, c *claim, words []string) bool {
	if len(words) == 0 {
		for i := range p.links {
			c.ways = append(c.ways, way{i, -1})
		}
		return true
	}
	list, rest, ok := p.takeLink(e.Position, append([]string{c.name}, words...), true)
	if ok && len(rest) > 0 {
		p.problems.add(e.Position.in(rest[0]), "", "%s: %q is a word too many", c.name, rest[0])
	}
	c.ways = list
	return ok && len(rest) == 0
}
