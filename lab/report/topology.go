package report

import (
	"fmt"
	"io"
)

// Topology writes a drawing of the network as an SVG file of its own: switches, routers and hosts
// with several links one below the other, each with its hosts on both sides, links with what they
// are like and what was done to them.
func Topology(w io.Writer, r *Run) error {
	var c canvas
	c.network(newGraph(r), &wide, true)
	return write(w, c.Bytes())
}

// measures of a drawing of a network, in pixels
type measures struct {
	hub, gap, card float64 // widths: of a hub, between it and its cards, of a card
	both           bool    // cards on both sides of a hub
	lead           float64 // width of a link that is led round other hubs, with its label
}

var (
	wide   = measures{hub: 170, gap: 80, card: 250, both: true, lead: 150}
	narrow = measures{hub: 122, gap: 34, card: 176, lead: 90} // for phones
)

const (
	lineHeight   = 15.0
	nameFont     = 13.0
	smallFont    = 11.0
	cardPadding  = 7.0
	cardGap      = 8.0
	blockGap     = 30.0
	linkGap      = 52.0
	lanePitch    = 12.0
	leadPitch    = 17.0
	detourLanes  = 16 // how many links side by side are led round hubs
	networkInset = 8.0

	linkLabelWidth = 130.0 // of a label beside a link, as far as it hangs over without cards
)

// block is a hub with its cards, and where they stand.
type block struct {
	node        int
	cards       []card
	left, right int     // how many cards stand on each side
	hubX, hubY  float64 // the hub's upper left corner
	hubHeight   float64
	top, bottom float64
	leads       int
}

// detour is a link between hubs that do not stand next to each other.
type detour struct {
	link, from, to   int // blocks; from stands above
	lane             int
	fromLead, toLead int
}

// plan is a network laid out.
type plan struct {
	*measures
	g             *graph
	blocks        []block
	straight      []int // of each block the link to the next one, or -1
	detours       []detour
	lanes         int
	moreNodes     int
	moreLinks     int
	width, height float64
}

func (g *graph) plan(m *measures) *plan {
	p := &plan{measures: m, g: g, moreNodes: g.more}
	order := g.spine()
	if len(order) > HubsMax {
		for _, hub := range order[HubsMax:] {
			p.moreNodes += 1 + len(g.leaves(hub))
		}
		order = order[:HubsMax]
	}
	place := make([]int, len(g.nodes))
	for i := range place {
		place[i] = -1
	}
	for i, n := range order {
		place[n] = i
		most := min(LeavesMax, LeavesAllMax/len(order))
		p.blocks = append(p.blocks, block{node: n, cards: g.cards(n, most)})
		p.straight = append(p.straight, -1)
	}
	for i := range p.blocks {
		for _, e := range g.near[p.blocks[i].node] {
			switch j := place[e.to]; {
			case j <= i: // a leaf, not drawn, or seen from the other end
			case j == i+1 && p.straight[i] < 0:
				p.straight[i] = e.link
			default:
				p.detour(e.link, i, j)
			}
		}
	}
	p.arrange()
	return p
}

// detour leads a link round the hubs between its ends, in the nearest lane that is free there.
func (p *plan) detour(link, from, to int) {
	lane := 0
	for i := 0; i < len(p.detours); i++ {
		d := &p.detours[i]
		if d.lane == lane && from <= d.to && d.from <= to {
			lane++
			i = -1
		}
	}
	if lane >= detourLanes {
		p.moreLinks++
		return
	}
	a, b := &p.blocks[from], &p.blocks[to]
	p.detours = append(p.detours, detour{link, from, to, lane, a.leads, b.leads})
	a.leads++
	b.leads++
	p.lanes = max(p.lanes, lane+1)
}

// arrange gives every block its place.
func (p *plan) arrange() {
	x := networkInset
	most := 0 // cards of one hub
	for i := range p.blocks {
		most = max(most, len(p.blocks[i].cards))
	}
	both := p.both && most > 1 && len(p.detours) == 0
	switch {
	case both:
		x += p.card + p.gap
	case len(p.detours) > 0:
		x += float64(p.lanes)*lanePitch + p.lead
	}
	p.width = x + p.hub + p.gap + p.card + networkInset
	if most == 0 {
		p.width = x + p.hub + linkLabelWidth
	}
	y := networkInset
	for i := range p.blocks {
		b := &p.blocks[i]
		b.right = len(b.cards)
		if both {
			b.left = len(b.cards) / 2
			b.right -= b.left
		}
		b.hubHeight = max(boxHeight(p.hubLines(b)), float64(b.leads)*leadPitch+6)
		height := max(b.hubHeight, stackHeight(b.cards[:b.left]), stackHeight(b.cards[b.left:]))
		b.top, b.bottom = y, y+height
		b.hubX, b.hubY = x, y+(height-b.hubHeight)/2
		y += height + blockGap
		if p.straight[i] >= 0 {
			y += linkGap - blockGap
		}
	}
	if len(p.blocks) > 0 {
		y -= blockGap
	}
	for range p.leftOut() {
		y += lineHeight
	}
	p.height = y + networkInset
}

// leftOut says what is not drawn.
func (p *plan) leftOut() []string {
	var out []string
	if len(p.blocks) == 0 {
		out = append(out, "no nodes")
	}
	if p.moreNodes > 0 {
		out = append(out, andMore(p.moreNodes, "nodes"))
	}
	if p.moreLinks > 0 {
		out = append(out, andMore(p.moreLinks, "links"))
	}
	return out
}

// hubLines returns how many lines of text a hub has: name, kind, note, faults.
func (p *plan) hubLines(b *block) int {
	n := &p.g.nodes[b.node]
	return 2 + len(texts(n.Note, n.Faults))
}

func boxHeight(lines int) float64 { return 2*cardPadding + float64(lines)*lineHeight }

func (c *card) height() float64 { return boxHeight(1 + len(c.lines) + len(c.faults)) }

func stackHeight(cards []card) float64 {
	var sum float64
	for i := range cards {
		sum += cards[i].height() + cardGap
	}
	return max(0, sum-cardGap)
}

// describe says in words what is drawn.
func (g *graph) describe() string {
	parts := []string{fmt.Sprintf("%d nodes, %d links", len(g.nodes)+g.more, len(g.links))}
	for i := range min(len(g.links), LeavesMax*HubsMax) {
		l := &g.links[i]
		text := clean(l.A, 40) + " – " + clean(l.B, 40)
		for _, s := range texts(l.Label, l.Faults) {
			text += ", " + clean(s, 60)
		}
		parts = append(parts, text)
	}
	return sentence(parts)
}
