package topology

import (
	"fmt"
	"math"
	"time"
)

// graph is the network as numbers: machines have those of plan.machines, switches follow.
type graph struct {
	links    []planLink
	forwards []bool // by node: it passes on what others send
	next     [][]hop
	seen     []int // by node: the last search that came there
	via      []hop // by node: how it came there
	search   int
}

// hop is a direction of a link, and the node that it leaves from or leads to.
type hop struct {
	way
	node int
}

func (p *plan) graph() *graph {
	n := len(p.machines) + len(p.switches)
	g := &graph{links: p.links, forwards: make([]bool, n), next: make([][]hop, n),
		seen: make([]int, n), via: make([]hop, n)}
	number := make(map[string]int, n)
	for i := range p.machines {
		number[p.machines[i].name] = i
		g.forwards[i] = p.machines[i].router
	}
	for i, name := range p.switches {
		number[name] = len(p.machines) + i
		g.forwards[len(p.machines)+i] = true
	}
	for i := range p.links {
		a, b := number[p.links[i].ends[0]], number[p.links[i].ends[1]]
		g.next[a] = append(g.next[a], hop{way{i, 0}, b})
		g.next[b] = append(g.next[b], hop{way{i, 1}, a})
	}
	return g
}

// path returns the directions of links from one machine to another, of the fewest, last first; nil
// for none.
func (g *graph) path(from, to int) (path []way) {
	g.search++
	g.seen[from] = g.search
	for queue := []int{from}; len(queue) > 0 && g.seen[to] != g.search; queue = queue[1:] {
		at := queue[0]
		if at != from && !g.forwards[at] {
			continue
		}
		for _, h := range g.next[at] {
			if g.seen[h.node] != g.search {
				g.seen[h.node], g.via[h.node] = g.search, hop{h.way, at}
				queue = append(queue, h.node)
			}
		}
	}
	if g.seen[to] != g.search {
		return nil
	}
	for at := to; at != from; at = g.via[at].node {
		path = append(path, g.via[at].way)
	}
	return path
}

// checkWays says which machines have no link, and which clients cannot reach their server. It works
// out the buffers of iperf tests.
func (p *plan) checkWays() {
	g := p.graph()
	for i := range p.machines {
		m := &p.machines[i]
		if len(g.next[i]) > 0 {
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
		path := g.path(c.machine, c.server)
		if path == nil {
			p.problems.add(m.host.Position, "machines forward only if they are routers",
				"there is no way from %s to %s", m.name, p.machines[c.server].name)
			continue
		}
		if r, ok := m.run().(*Iperf); ok && !r.UDP {
			c.window = g.window(path)
		}
	}
}

// Buffers of iperf tests.
const (
	// windowLeast is what iperf takes by itself, in bytes.
	windowLeast = 256 << 10
	// windowMost bounds the buffer of a connection, in bytes.
	windowMost = 64 << 20
	// rateAssumed stands for a rate that is unlimited, in bit/s.
	rateAssumed = 1_000_000_000
)

// window returns the socket buffers of an iperf test over a path: four times the product of its
// bandwidth and its round-trip time without queues, so that a full queue and a loss do not starve
// it; 0 if iperf's own default is more than that. A path without a rate counts as 1 Gbit/s.
func (g *graph) window(path []way) int {
	rate, rtt := int64(math.MaxInt64), time.Duration(0)
	for _, w := range path {
		for direction := range 2 {
			s := g.links[w.link].settings(direction)
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
