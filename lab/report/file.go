package report

// A drawing that is a file of its own: it brings its ground, its title, its legend and the rules
// for a dark ground. In the page these are HTML.

const (
	titleHeight  = 30.0
	titleFont    = 16.0
	legendHeight = 18.0
	keyWidth     = 26.0 // the piece of line beside a name in a legend
	unitHeight   = 16.0
)

// root opens an SVG element of its own, with ground and rules.
func (c *canvas) root(width, height float64, title, description string) {
	c.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox",
		"0 0 "+pixels(width)+" "+pixels(height), "width", width, "height", height,
		"role", "img", "font-family", fontFamily, "font-size", plotFont)
	c.text("title", title)
	c.text("desc", description)
	c.WriteString("<style>" + darkRules() + "</style>\n")
	c.shape("rect", groundRole, "width", width, "height", height)
}

// plotFile writes a plot as a file.
func (c *canvas) plotFile(p *Plot, d *drawing) {
	keys, rows := d.legend()
	f := &d.frame
	f.top = titleHeight + float64(rows)*legendHeight + max(unitHeight,
		float64(d.lanes)*laneHeight) + 4
	f.bottom = f.top + plotHeight
	title := clean(p.Title, TextRunesMax)
	c.root(plotWidth, f.bottom+plotBottom+2, title, d.describe())
	c.text("text", fit(title, titleFont, plotWidth-20), inkRole, "x", 10, "y", 22,
		"font-size", titleFont, "font-weight", "600")
	c.open("g", "class", "legend")
	for _, k := range keys {
		y := titleHeight + float64(k.row)*legendHeight
		if k.role != nil {
			c.shape("path", k.role, "d", "M"+pixels(k.x)+" "+pixels(y+8)+"h"+pixels(keyWidth-6))
		}
		c.text("text", k.text, inkRole, "x", k.textX(), "y", y+12)
	}
	c.close("g")
	c.plane(d, "plane", true)
	c.close("svg")
}

// key is an entry of a legend.
type key struct {
	x    float64
	row  int
	text string
	role *role // nil: a text only
}

func (k *key) textX() float64 {
	if k.role == nil {
		return k.x
	}
	return k.x + keyWidth
}

// legend sets the names of the curves in rows, so that none touches another.
func (d *drawing) legend() (keys []key, rows int) {
	const nameWidthMax = 260
	x := plotLeft
	put := func(text string, r *role) {
		k := key{row: rows, text: text, role: r}
		width := textWidth(text, plotFont) + 16
		if r != nil {
			width += keyWidth
		}
		if x > plotLeft && x+width > plotWidth {
			k.row, x = rows+1, plotLeft
			rows++
		}
		k.x = x
		x += width
		keys = append(keys, k)
	}
	for i := range d.curves {
		put(fit(d.curves[i].name, plotFont, nameWidthMax), d.curves[i].role)
	}
	if d.more > 0 {
		put(andMore(d.more, "series"), nil)
	}
	if len(keys) == 0 {
		return nil, 0
	}
	return keys, rows + 1
}
