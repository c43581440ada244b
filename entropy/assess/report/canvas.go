package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// paint is how a shape is painted: the colour for a light ground stands in the drawing, the one for
// a dark ground in a rule that browsers obey.
type paint struct{ class, attribute, light, dark string }

var (
	ground = &paint{"ground", "fill", "#fff", "#171b22"}
	ink    = &paint{"ink", "fill", "#1b2129", "#e8ebf0"}
	muted  = &paint{"muted", "fill", "#566070", "#a3adbb"}
	grid   = &paint{"grid", "stroke", "#e3e6eb", "#2b323d"}
	axis   = &paint{"axis", "stroke", "#8a93a1", "#697384"}
	band   = &paint{"band", "fill", "#f6e3bd", "#4d4023"}
	bar    = &paint{"bar", "fill", "#0072b2", "#56b4e9"}
	stem   = &paint{"stem", "stroke", "#0072b2", "#56b4e9"}
	dots   = &paint{"dots", "stroke", "#c8500a", "#f08a4b"}
	pixel  = &paint{"pixel", "stroke", "#1b2129", "#e8ebf0"}
)

var paints = []*paint{ground, ink, muted, grid, axis, band, bar, stem, dots, pixel}

// darkRules returns the style rules for a dark ground.
func darkRules() string {
	var b strings.Builder
	b.WriteString("@media screen and (prefers-color-scheme:dark){")
	for _, p := range paints {
		b.WriteString("." + p.class + "{" + p.attribute + ":" + p.dark + "}")
	}
	b.WriteString("}")
	return b.String()
}

// canvas writes SVG. All texts are escaped; numbers have two decimals at most.
type canvas struct{ bytes.Buffer }

// shape writes an element. Attributes come as name and value.
func (c *canvas) shape(name string, p *paint, attributes ...any) {
	c.start(name, p, attributes)
	c.WriteString("/>\n")
}

// text writes a text.
func (c *canvas) text(s string, p *paint, x, y float64, anchor string, attributes ...any) {
	c.start("text", p, append([]any{"x", x, "y", y, "text-anchor", anchor}, attributes...))
	c.WriteByte('>')
	c.escape(s)
	c.WriteString("</text>\n")
}

func (c *canvas) start(name string, p *paint, attributes []any) {
	fmt.Fprintf(c, `<%s class="%s" %s="%s"`, name, p.class, p.attribute, p.light)
	for i := 0; i < len(attributes); i += 2 {
		fmt.Fprintf(c, ` %s="`, attributes[i])
		switch v := attributes[i+1].(type) {
		case string:
			c.escape(v)
		case float64:
			c.WriteString(pixels(v))
		default:
			panic(fmt.Sprintf("report: BUG: attribute of type %T", v))
		}
		c.WriteByte('"')
	}
}

func (c *canvas) escape(s string) {
	_ = xml.EscapeText(c, []byte(s)) // writing to a buffer does not fail
}

// pixels prints a coordinate.
func pixels(v float64) string {
	rounded := math.Round(float64(v*100)) / 100
	if rounded == 0 {
		return "0" // and not -0
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// clean makes a text from anywhere fit to be shown: controls and the characters that turn the
// direction of writing become U+FFFD. It cuts after textRunesMax.
func clean(s string) string {
	n := 0
	cut := false
	s = strings.Map(func(r rune) rune {
		if n++; n > textRunesMax {
			cut = true
			return -1
		}
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == 0x061c, r >= 0x200e && r <= 0x200f,
			r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r >= 0xfffe && r <= 0xffff:
			return '\ufffd'
		}
		return r
	}, s)
	if cut {
		s += "…"
	}
	return s
}

// textRunesMax is how much of a text is shown.
const textRunesMax = 200
