package report

// network draws a network. file is false inside a page.
func (c *canvas) network(g *graph, m *measures, file bool) {
	p := g.plan(m)
	if file {
		c.root(p.width, p.height, "The network", g.describe())
	} else {
		c.open("svg", "viewBox", "0 0 "+pixels(p.width)+" "+pixels(p.height), "width", p.width,
			"height", p.height, "role", "img", "font-size", plotFont)
		c.text("title", "The network")
		c.text("desc", g.describe())
	}
	for i := range p.detours {
		c.detour(p, &p.detours[i])
	}
	for i := range p.blocks {
		c.block(p, i)
	}
	lines := p.leftOut()
	for i, s := range lines {
		c.text("text", s, mutedRole, "x", networkInset,
			"y", p.height-networkInset-lineHeight*float64(len(lines)-1-i)-2)
	}
	c.close("svg")
}

// block draws a hub with its cards and the link to the next hub.
func (c *canvas) block(p *plan, i int) {
	b := &p.blocks[i]
	middle := (b.top + b.bottom) / 2
	y := middle - stackHeight(b.cards[:b.left])/2
	for j := range b.cards {
		card := &b.cards[j]
		x, from, to := b.hubX-p.gap-p.card, b.hubX, b.hubX-p.gap
		if j == b.left {
			y = middle - stackHeight(b.cards[b.left:])/2
		}
		if j >= b.left {
			x, from = b.hubX+p.hub+p.gap, b.hubX+p.hub
			to = x
		}
		c.wire(from, middle, to, y+card.height()/2, card.broken)
		c.card(card, x, y, p.card)
		y += card.height() + cardGap
	}
	if link := p.straight[i]; link >= 0 {
		c.straight(p, b, &p.blocks[i+1], &p.g.links[link])
	}
	c.hub(p, b)
}

// wire draws a link as a bow from a hub to a card. A broken one has a cross in its middle.
func (c *canvas) wire(x1, y1, x2, y2 float64, bad bool) {
	half := (x1 + x2) / 2
	c.shape("path", wireOr(bad), "d", "M"+pixels(x1)+" "+pixels(y1)+"C"+pixels(half)+" "+
		pixels(y1)+" "+pixels(half)+" "+pixels(y2)+" "+pixels(x2)+" "+pixels(y2))
	if bad {
		c.cross(half, (y1+y2)/2)
	}
}

func wireOr(bad bool) *role {
	if bad {
		return badRole
	}
	return wireRole
}

func (c *canvas) cross(x, y float64) {
	c.shape("circle", groundRole, "cx", x, "cy", y, "r", 8)
	c.shape("path", crossRole, "d", "M"+pixels(x-4.5)+" "+pixels(y-4.5)+"l9 9m0-9l-9 9")
}

// straight draws the link between two hubs that stand next to each other.
func (c *canvas) straight(p *plan, a, b *block, l *Link) {
	x := a.hubX + p.hub/2
	faults := texts(l.Faults)
	c.shape("line", wireOr(len(faults) > 0), "x1", x, "x2", x, "y1", a.hubY+a.hubHeight,
		"y2", b.hubY)
	y := (a.bottom + b.top) / 2
	if len(faults) > 0 {
		c.cross(x, y)
	}
	c.lines(texts(l.Label), faults, x+14, y, p.width-x-14-networkInset)
}

// lines writes texts below each other round the height y.
func (c *canvas) lines(plain, faults []string, x, y, width float64) {
	y += 4 - lineHeight/2*float64(len(plain)+len(faults)-1)
	for i, s := range append(plain, faults...) {
		c.fitted(s, width, textRole(i >= len(plain)), "x", x, "y", y, "font-size", smallFont)
		y += lineHeight
	}
}

// fitted writes a text cut to a width. The last attribute is the size of the font.
// What is cut is there whole for who points at it.
func (c *canvas) fitted(s string, width float64, attributes ...any) {
	size := attributes[len(attributes)-1].(float64)
	if size == nameFont {
		width /= 1.1 // names are bold
	}
	cut := fit(s, size, width)
	if cut == s {
		c.text("text", s, attributes...)
		return
	}
	c.open("text", attributes...)
	c.escape(cut)
	c.text("title", s)
	c.close("text")
}

func textRole(bad bool) *role {
	if bad {
		return badTextRole
	}
	return mutedRole
}

// detour draws a link round the hubs between its ends. What it is like stands at the upper end.
func (c *canvas) detour(p *plan, d *detour) {
	a, b, l := &p.blocks[d.from], &p.blocks[d.to], &p.g.links[d.link]
	x := a.hubX - p.lead - float64(d.lane)*lanePitch
	y1, y2 := a.leadY(d.fromLead), b.leadY(d.toLead)
	faults := texts(l.Faults)
	c.shape("path", wireOr(len(faults) > 0), "d", "M"+pixels(a.hubX)+" "+pixels(y1)+"H"+
		pixels(x+6)+"q-6 0 -6 6V"+pixels(y2-6)+"q0 6 6 6H"+pixels(b.hubX))
	other := clean(p.g.nodes[b.node].Name, TextRunesMax)
	text := "to " + other
	for _, s := range append(texts(l.Label), faults...) {
		text += ", " + s
	}
	width := p.lead - 14
	if len(faults) > 0 {
		c.cross(a.hubX-12, y1)
		width -= 12
	}
	c.fitted(text, width, textRole(len(faults) > 0), "x", a.hubX-8-(p.lead-14-width), "y", y1-3,
		"text-anchor", "end", "font-size", smallFont)
}

// leadY returns the height of a detour's end.
func (b *block) leadY(lead int) float64 {
	return b.hubY + b.hubHeight/2 + (float64(lead)-float64(b.leads-1)/2)*leadPitch + 2
}

// hub draws a switch, a router or a host with several links.
func (c *canvas) hub(p *plan, b *block) {
	n := &p.g.nodes[b.node]
	x, y := b.hubX, b.hubY
	edge := hubEdgeRole
	if n.Faults != "" {
		edge = badRole
	}
	c.box(x, y, p.hub, b.hubHeight, 8, hubRole, edge)
	width := p.hub - 16
	notes, faults := texts(n.Note), texts(n.Faults)
	y += (b.hubHeight-boxHeight(p.hubLines(b)))/2 + cardPadding
	c.symbol(n.Kind, x+10, y+4)
	c.fitted(clean(n.Name, TextRunesMax), width-30, inkRole, "x", x+38, "y", y+11,
		"font-weight", "600", "font-size", nameFont)
	c.text("text", n.Kind.String(), mutedRole, "x", x+38, "y", y+26, "font-size", smallFont)
	rows := float64(len(notes) + len(faults))
	c.lines(notes, faults, x+10, y+2*lineHeight+rows*lineHeight/2, width)
}

// card draws a leaf, or a pile for a group.
func (c *canvas) card(k *card, x, y, width float64) {
	height := k.height()
	edge := frameRole
	switch {
	case k.failed:
		edge = badRole
	case k.group:
		width -= 5
		height -= 3
		c.box(x+5, y+5, width, height, 6, cardRole, frameRole)
	}
	c.box(x, y, width, height, 6, cardRole, edge)
	inner := width - 20
	c.fitted(clean(k.title, TextRunesMax), inner, inkRole, "x", x+10, "y", y+cardPadding+11,
		"font-weight", "600", "font-size", nameFont)
	rows := float64(len(k.lines) + len(k.faults))
	c.lines(k.lines, k.faults, x+10, y+cardPadding+lineHeight+rows*lineHeight/2, inner)
}

func (c *canvas) box(x, y, width, height, round float64, inside, edge *role) {
	c.shape("rect", inside, "x", x, "y", y, "width", width, "height", height, "rx", round)
	c.shape("rect", edge, "x", x, "y", y, "width", width, "height", height, "rx", round)
}

// symbol draws the usual sign of a kind of node, 20 pixels wide.
func (c *canvas) symbol(k Kind, x, y float64) {
	d := "M1 2h18v11H1zM6 17h8M10 13v4" // a screen on its foot
	switch k {
	case Switch: // a box with arrows both ways
		d = "M0 0h20v18H0zM4 6h10m-3-3l3 3l-3 3M16 12H6m3-3l-3 3l3 3"
	case Router: // a circle with a cross of ways
		d = "M0 9a10 9 0 1 0 20 0a10 9 0 1 0-20 0zM4 9h12M10 3v12"
	}
	c.open("g", "transform", "translate("+pixels(x)+" "+pixels(y)+")")
	c.shape("path", hubEdgeRole, "d", d)
	c.close("g")
}
