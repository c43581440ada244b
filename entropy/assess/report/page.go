package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page's template and style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/entropy/assess"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// Page is what a page shows. What is nil is left out.
type Page struct {
	Title   string // what was assessed: the name of a file or a source
	Result  *assess.Result
	IID     *assess.IIDResult
	Restart *assess.RestartResult
	Plots   *assess.Plots
}

// HTML writes the page.
func HTML(w io.Writer, p *Page) error {
	style := pageStyle + darkRules()
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'"
	text := strings.Replace(pageText, "POLICY", policy, 1)
	v := newView(p)
	v.Style = template.CSS(style)
	var b bytes.Buffer
	if err := template.Must(template.New("page").Parse(text)).Execute(&b, v); err != nil {
		return fmt.Errorf("report: write page: %w", err)
	}
	return write(w, b.Bytes())
}

// view is what the template shows.
type view struct {
	Title    string
	Style    template.CSS
	Verdicts []verdict
	Facts    []fact
	Notes    []string
	Tables   []table
	Plots    []figure
}

type (
	verdict struct{ Class, Sign, Text string }
	fact    struct{ Name, Value string }
	figure  struct {
		Title, About string
		Drawing      template.HTML
	}
	table struct {
		Title, About string
		Head         []cell
		Rows         []row
	}
	row struct {
		Marked bool
		Cells  []cell
	}
	cell struct {
		Text    string
		Number  bool
		Drawing template.HTML
	}
)

func newView(p *Page) *view {
	v := &view{Title: clean(p.Title)}
	if v.Title == "" {
		v.Title = "A sequence"
	}
	if r := p.Result; r != nil {
		v.result(r)
	}
	if r := p.IID; r != nil {
		v.judge(r.IID, r.Verdict)
		v.Notes = append(v.Notes, r.Notes...)
		v.iid(r)
	}
	if r := p.Restart; r != nil {
		v.judge(r.Passed, r.Verdict)
		v.Notes = append(v.Notes, r.Notes...)
		v.restart(r)
	}
	if p.Plots != nil {
		v.plots(p.Plots)
	}
	return v
}

func (v *view) judge(good bool, text string) {
	if good {
		v.Verdicts = append(v.Verdicts, verdict{"good", "✓", clean(text)})
	} else {
		v.Verdicts = append(v.Verdicts, verdict{"poor", "✗", clean(text)})
	}
}

// result shows the assessment and its estimates.
func (v *view) result(r *assess.Result) {
	switch r.Outcome {
	case assess.Confirmed, assess.Refuted:
		v.judge(r.Outcome == assess.Confirmed, r.Verdict)
	default:
		v.Verdicts = append(v.Verdicts, verdict{"plain", "", clean(r.Verdict)})
	}
	v.Facts = append(v.Facts, fact{"min-entropy, bits per symbol", bits(r.MinEntropy)},
		fact{"binding estimate", words(r.Binding)}, fact{"samples", strconv.Itoa(r.Samples)},
		fact{"bits in a symbol", strconv.Itoa(r.SymbolBits)},
		fact{"different symbols", strconv.Itoa(r.Distinct)})
	if r.Claimed > 0 {
		v.Facts = append(v.Facts, fact{"claimed, bits per symbol", bits(r.Claimed)})
	}
	v.Notes = append(v.Notes, r.Notes...)
	t := estimates("Estimates", "The estimators of SP 800-90B §6.3, without an assumption of "+
		"independence. Those over the bitstring are taken times the bits in a symbol. The least one "+
		"counts.", r.Estimators, r.Binding, r.SymbolBits)
	for _, s := range r.Skipped {
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: words(s.Name)}, {Text: "none", Number: true},
			{Text: clean(s.Why)}}})
	}
	v.Tables = append(v.Tables, t)
}

// estimates is a table of estimates with a bar each.
func estimates(title, about string, all assess.Estimates, binding string, symbolBits int) table {
	t := table{Title: title, About: about, Head: []cell{{Text: "estimate"},
		{Text: "bits per symbol", Number: true}, {Text: fmt.Sprintf("of %d", symbolBits)}}}
	for _, e := range all {
		t.Rows = append(t.Rows, row{e.Name == binding, []cell{{Text: words(e.Name)},
			{Text: bits(e.Bits), Number: true}, {Drawing: gauge(e.Bits / float64(symbolBits))}}})
	}
	return t
}

// gauge is a bar that is full to a part, 0 to 1.
func gauge(part float64) template.HTML {
	const width, height = 240.0, 10.0
	var c canvas
	fmt.Fprintf(&c, `<svg width="%s" height="%s" aria-hidden="true">`, pixels(width), pixels(height))
	c.shape("rect", band, "width", width, "height", height)
	c.shape("rect", bar, "width", float64(width*max(0, min(1, part))), "height", height)
	return template.HTML(c.end())
}

// iid shows the tests for independence.
func (v *view) iid(r *assess.IIDResult) {
	t := table{Title: "Independence",
		About: "The tests of SP 800-90B §5.2; a chance below 0.001 fails.",
		Head: []cell{{Text: "test"}, {Text: "score", Number: true},
			{Text: "degrees of freedom", Number: true}, {Text: "chance", Number: true},
			{Text: "passed"}}}
	for _, x := range r.Tests {
		t.Rows = append(t.Rows, row{!x.Passed, []cell{{Text: words(x.Name)},
			{Text: strconv.FormatFloat(x.Score, 'f', 1, 64), Number: true},
			{Text: strconv.Itoa(x.DF), Number: true},
			{Text: strconv.FormatFloat(x.Chance, 'g', 3, 64), Number: true}, {Text: yes(x.Passed)}}})
	}
	v.Tables = append(v.Tables, t)
	if r.Permutations == nil {
		return
	}
	t = table{Title: "Permutations",
		About: "Statistics of SP 800-90B §5.1, and how many permutations of the samples have a " +
			"greater, an equal and a smaller one. A statistic passes once there are more than five " +
			"on either side.",
		Head: []cell{{Text: "statistic"}, {Text: "value", Number: true}, {Text: "greater", Number: true},
			{Text: "equal", Number: true}, {Text: "less", Number: true}, {Text: "passed"}}}
	for _, x := range r.Permutations {
		t.Rows = append(t.Rows, row{!x.Passed, []cell{{Text: words(x.Name)},
			{Text: short(x.Value), Number: true},
			{Text: strconv.Itoa(x.Greater), Number: true}, {Text: strconv.Itoa(x.Equal), Number: true},
			{Text: strconv.Itoa(x.Less), Number: true}, {Text: yes(x.Passed)}}})
	}
	v.Tables = append(v.Tables, t)
}

// restart shows the estimates of a restart matrix.
func (v *view) restart(r *assess.RestartResult) {
	v.Facts = append(v.Facts, fact{"restarts", fmt.Sprintf("%d × %d", r.Restarts, r.Each)},
		fact{"most frequent in a line", fmt.Sprintf("%d of at most %d", r.Greatest, r.Cutoff)})
	v.Tables = append(v.Tables,
		estimates("Restarts by rows", "The samples of one restart after those of another (§3.1.4).",
			r.Rows, least(r.Rows), r.SymbolBits),
		estimates("Restarts by columns", "All first samples, then all second ones, and so on.",
			r.Columns, least(r.Columns), r.SymbolBits))
}

// least returns the name of the least estimate.
func least(all assess.Estimates) string {
	name, h := "", 0.0
	for i, e := range all {
		if i == 0 || e.Bits < h {
			name, h = e.Name, e.Bits
		}
	}
	return name
}

func (v *view) plots(p *assess.Plots) {
	v.Plots = []figure{
		{"Histogram", "How often each symbol occurs; the dashed line is where all would be if they " +
			"were equally frequent.", template.HTML(histogram(p))},
		{"Autocorrelation", "How samples go with those before. Noise stays in the band in 99 of 100 " +
			"places.", template.HTML(autocorrelation(p))},
		{"Run lengths", "How many runs of one symbol there are; the crosses are for independent " +
			"samples.", template.HTML(runs(p))},
		{"Bits", fmt.Sprintf("The first %d bits, %d in a row, ones dark. Stripes, waves and blocks "+
			"are bad signs.", len(p.Image), assess.ImageColumns), template.HTML(image(p))},
	}
}

// bits prints an entropy. It rounds down, as the verdicts do.
func bits(h float64) string {
	thousandths := int(h*1000 + 1e-9)
	return fmt.Sprintf("%d.%03d", thousandths/1000, thousandths%1000)
}

// words turns the name of an estimate or a test into words.
func words(name string) string { return clean(strings.ReplaceAll(name, "_", " ")) }

// short prints a statistic: a count as it is, a mean with three decimals.
func short(v float64) string {
	if v == float64(int64(v)) {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

func yes(passed bool) string {
	if passed {
		return "✓ yes"
	}
	return "✗ no"
}
