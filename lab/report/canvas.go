package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
)

// canvas writes SVG. Names of elements and attributes are ours, all values are escaped.
type canvas struct{ bytes.Buffer }

// open begins an element. Attributes come as name and value; numbers are pixels. A *role stands for
// itself, without a name.
func (c *canvas) open(name string, attributes ...any) {
	c.start(name, attributes)
	c.WriteByte('>')
}

// shape writes an element without content.
func (c *canvas) shape(name string, attributes ...any) {
	c.start(name, attributes)
	c.WriteString("/>\n")
}

func (c *canvas) start(name string, attributes []any) {
	c.WriteByte('<')
	c.WriteString(name)
	for i := 0; i < len(attributes); i += 2 {
		if r, ok := attributes[i].(*role); ok {
			fmt.Fprintf(c, ` class="%s" %s="%s"%s`, r.class, r.paint, r.light, r.fixed)
			i--
			continue
		}
		fmt.Fprintf(c, ` %s="`, attributes[i])
		switch v := attributes[i+1].(type) {
		case string:
			c.escape(v)
		case int:
			c.WriteString(strconv.Itoa(v))
		case float64:
			c.WriteString(pixels(v))
		default:
			panic(fmt.Sprintf("report: BUG: attribute of type %T", v))
		}
		c.WriteByte('"')
	}
}

func (c *canvas) close(name string) {
	c.WriteString("</")
	c.WriteString(name)
	c.WriteString(">\n")
}

// text writes an element with nothing but text in it.
func (c *canvas) text(name, content string, attributes ...any) {
	c.open(name, attributes...)
	c.escape(clean(content, descRunesMax))
	c.close(name)
}

func (c *canvas) escape(s string) {
	_ = xml.EscapeText(c, []byte(s)) // writing to a buffer does not fail
}

// descRunesMax bounds the longest text there is, the description of a drawing.
const descRunesMax = 2000

// hundredths rounds pixels to what a drawing is written in: as whole numbers, which add up without
// an error.
func hundredths(v float64) int64 {
	if math.IsNaN(v) || math.Abs(v) > 1e9 {
		panic("report: BUG: coordinate out of range")
	}
	return int64(math.Round(float64(v * 100)))
}

// pixels prints v with at most two decimals.
func pixels(v float64) string {
	var b [16]byte
	return string(appendHundredths(b[:0], hundredths(v)))
}

// appendHundredths prints n/100 as short as SVG allows: "12", "-.5", "3.25".
func appendHundredths(b []byte, n int64) []byte {
	if n < 0 {
		b = append(b, '-')
		n = -n
	}
	if n >= 100 || n == 0 {
		b = strconv.AppendInt(b, n/100, 10)
	}
	if n %= 100; n > 0 {
		b = append(b, '.', byte('0'+n/10))
		if n%10 > 0 {
			b = append(b, byte('0'+n%10))
		}
	}
	return b
}
