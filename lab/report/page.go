package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
)

// Limits of a page. What is beyond them is counted, not shown.
const (
	PageBytesMax  = 2 << 20 // follows from the others
	PlotsMax      = 10
	PagePointsMax = 30_000 // of all curves together, after thinning
	FactsMax      = 24
	ChecksMax     = 100
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

//go:embed page.js
var pageScript string

// pageTemplate is made once, at the first page. The policy lets nothing run, load or be sent but
// the style and the script that stand in the page.
var pageTemplate = sync.OnceValue(func() *template.Template {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " +
		digest(style()) + "; script-src " + digest(pageScript)
	return template.Must(template.New("page").Parse(strings.Replace(pageText, "POLICY", policy, 1)))
})

// digest names a text for a content security policy.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func style() string { return pageStyle + darkRules() }

// HTML writes the run as one page. The same run gives the same bytes.
func HTML(w io.Writer, r *Run) error {
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, newPage(r)); err != nil {
		return fmt.Errorf("report: write page: %w", err)
	}
	return write(w, b.Bytes())
}

// page is what the template shows. Texts in it are clean; the template escapes them.
type page struct {
	Title, Verdict, Replay string
	OK                     bool
	Style                  template.CSS
	Script                 template.JS
	Facts                  []Fact
	Sections               []section
	Checks                 []Check
	MoreChecks             string
	Wide, Narrow           template.HTML
	Span                   string
	Marks                  []markRow
	MoreMarks              string
	Plots                  []figure
	MorePlots              string
	Tables                 []grid
	MoreTables             string
	Log                    []logRow
}

type section struct{ ID, Name string }

// markRow is a mark in the list.
type markRow struct {
	Number          int
	At, Until, Text string
	Track           template.HTML // where it lies in the run
}

// figure is a plot in the page.
type figure struct {
	Title   string
	Keys    []legendKey
	Drawing template.HTML
}

type legendKey struct {
	Name string
	Line template.HTML // empty: no curve, only a remark
}

func newPage(r *Run) *page {
	p := &page{Title: text(r.Title), Verdict: text(r.Verdict), OK: r.OK,
		Replay: clean(r.Replay, replayRunesMax),
		Style:  template.CSS(style()), Script: template.JS(pageScript)}
	if p.Title == "" {
		p.Title = "A run"
	}
	if p.Verdict == "" {
		p.Verdict = "failed"
		if r.OK {
			p.Verdict = "passed"
		}
	}
	p.facts(r)
	for _, c := range r.Checks[:min(len(r.Checks), ChecksMax)] {
		p.Checks = append(p.Checks, Check{c.OK, text(c.Text), text(c.Detail)})
	}
	p.MoreChecks = moreThan(len(r.Checks), ChecksMax, "checks")
	if len(r.Nodes)+len(r.Links) > 0 {
		g := newGraph(r)
		p.Wide, p.Narrow = networkHTML(g, &wide), networkHTML(g, &narrow)
	}
	p.timeline(r)
	p.plots(r)
	p.tables(r)
	p.log(r)
	p.sections()
	return p
}

// replayRunesMax is long, since half a command is none.
const replayRunesMax = 4000

func text(s string) string { return clean(s, TextRunesMax) }

// moreThan says how many of a list are beyond its limit, if any are.
func moreThan(n, most int, what string) string {
	if n <= most {
		return ""
	}
	return andMore(n-most, what)
}

func (p *page) facts(r *Run) {
	if r.Seed != "" {
		p.Facts = append(p.Facts, Fact{"seed", text(r.Seed)})
	}
	if r.Virtual > 0 {
		p.Facts = append(p.Facts, Fact{"virtual time", units.Duration(r.Virtual)})
	}
	for _, f := range r.Facts[:min(len(r.Facts), FactsMax)] {
		p.Facts = append(p.Facts, Fact{text(f.Name), text(f.Value)})
	}
	if n := len(r.Facts); n > FactsMax {
		p.Facts = append(p.Facts, Fact{"left out", andMore(n-FactsMax, "figures")})
	}
}

func (p *page) sections() {
	add := func(some bool, id, name string) {
		if some {
			p.Sections = append(p.Sections, section{id, name})
		}
	}
	add(len(p.Checks) > 0, "checks", "Expected")
	add(p.Wide != "", "network", "Network")
	add(len(p.Marks) > 0, "timeline", "What was done")
	add(len(p.Plots) > 0, "plots", "Over time")
	add(len(p.Tables) > 0, "figures", "Figures")
	add(len(p.Log) > 0, "log", "Log")
}

// The texts that stand in SVG were escaped when it was written.
func networkHTML(g *graph, m *measures) template.HTML {
	var c canvas
	c.network(g, m, false)
	return template.HTML(c.String())
}

// timeline lists the marks, each with a picture of when it was.
func (p *page) timeline(r *Run) {
	until := pageEnd(r)
	p.Span = "From 0s to " + units.Duration(until)
	for i := range min(len(r.Marks), MarksMax) {
		m := &r.Marks[i]
		row := markRow{Number: i + 1, At: clock.Instant(m.At).String(), Text: text(m.Text)}
		f := frame{left: 0, right: 100, until: until}
		var c canvas
		c.open("svg", "viewBox", "0 0 100 12", "preserveAspectRatio", "none", "aria-hidden", "true")
		c.shape("line", gridRole, "x1", 0, "x2", 100, "y1", 6, "y2", 6)
		if f.shows(m) {
			x, width := f.x(max(0, m.At)), 0.4
			if !m.instant() {
				width = max(width, f.x(min(m.Until, until))-x)
				row.Until = clock.Instant(m.Until).String()
			}
			c.shape("rect", markRole, "x", min(x, 100-width), "y", 0, "width", width, "height", 12)
		}
		c.close("svg")
		row.Track = template.HTML(c.String())
		p.Marks = append(p.Marks, row)
	}
	p.MoreMarks = moreThan(len(r.Marks), MarksMax, "marks")
}

// plots draws the plots. All have the same axis of time, so that one can look from one to the
// other.
func (p *page) plots(r *Run) {
	shown := r.Plots[:min(len(r.Plots), PlotsMax)]
	columns := pageColumns(shown)
	until := pageEnd(r)
	for i := range shown {
		d := newDrawing(&shown[i], r.Marks, until, columns)
		fig := figure{Title: text(shown[i].Title)}
		for j := range d.curves {
			fig.Keys = append(fig.Keys, legendKey{d.curves[j].name, d.curves[j].key()})
		}
		if d.more > 0 {
			fig.Keys = append(fig.Keys, legendKey{Name: andMore(d.more, "series")})
		}
		var c canvas
		c.plotInPage(d, fig.Title, i)
		fig.Drawing = template.HTML(c.String())
		p.Plots = append(p.Plots, fig)
	}
	p.MorePlots = moreThan(len(r.Plots), PlotsMax, "plots")
}

// pageColumns returns into how many columns the curves of a page are thinned: four a pixel, so that
// there is something to see for who zooms, or less if there are many curves.
func pageColumns(plots []Plot) int {
	curves := 1
	for i := range plots {
		curves += min(len(plots[i].Series), PlotSeriesMax)
	}
	return min(4*int(plotWidth), PagePointsMax/2/curves)
}

// pageEnd returns the end of the page's axis of time.
func pageEnd(r *Run) time.Duration {
	if r.Virtual > 0 {
		return r.Virtual
	}
	until := ending(nil, r.Marks)
	for i := range r.Plots {
		until = max(until, ending(r.Plots[i].Series, nil))
	}
	return until
}

// key draws the piece of a curve that stands beside its name.
func (n *drawn) key() template.HTML {
	var c canvas
	c.open("svg", "width", keyWidth, "height", 10, "aria-hidden", "true")
	c.shape("path", n.role, "d", "M1 5h"+pixels(keyWidth-2))
	c.close("svg")
	return template.HTML(c.String())
}

// plotInPage draws a plot without title and legend, which are HTML there. The data attributes are
// what the page's script needs to draw it anew.
func (c *canvas) plotInPage(d *drawing, title string, i int) {
	f := &d.frame
	f.top = max(unitHeight, float64(d.lanes)*laneHeight) + 4
	f.bottom = f.top + plotHeight
	height := f.bottom + plotBottom
	c.open("svg", "class", "plane", "viewBox", "0 0 "+pixels(plotWidth)+" "+pixels(height),
		"role", "img", "tabindex", 0, "font-size", plotFont, "data-width", plotWidth,
		"data-height", height,
		"data-left", f.left, "data-right", plotRight, "data-top", f.top, "data-bottom", f.bottom,
		"data-lanes", d.lanes, "data-until", nanoseconds(f.until), "data-unit", int(d.unit.known()),
		"data-lo", exact(f.scale.lo), "data-hi", exact(f.scale.hi))
	c.text("title", title)
	c.text("desc", d.describe())
	c.plane(d, "plane"+strconv.Itoa(i), false)
	c.close("svg")
}

// exact prints a number so that it is read back as the same one.
func exact(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
