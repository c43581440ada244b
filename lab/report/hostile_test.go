package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/lab/report"
)

// evil are texts that want to be more than texts.
var evil = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onload='alert(1)`,
	`</title></style></script><b>`, `]]>`, `<!--`, `&lt;&#0;&amp;`, `{{.Title}}{{template "x"}}`,
	`javascript:alert(1)`, "NaN", "\x00\x01\x1b[31m\x7f", "\xff\xfe not UTF-8 \xc3",
	"\u202etxt.exe\u202c \u2066\u200f", "\ufffe\uffff", "line\nbreak\ttab\r", "url(#plane0)",
}

// hostile is a run in which every text is evil, and numbers are what they must not be.
func hostile() *report.Run {
	n := 0
	next := func() string {
		n++
		return evil[n%len(evil)]
	}
	r := &report.Run{Title: next(), Verdict: next(), Seed: next(), Replay: next()}
	for range evil {
		name := next()
		r.Facts = append(r.Facts, report.Fact{Name: next(), Value: next()})
		r.Nodes = append(r.Nodes, report.Node{Name: name, Kind: report.Kind(n), Note: next(),
			Faults: next()})
		r.Links = append(r.Links, report.Link{A: name, B: evil[0], Label: next(), Faults: next(),
			AtoB: report.Way{Frames: math.MaxUint64, Bytes: math.MaxUint64, QueueMax: -1,
				Lost: []report.Loss{{Reason: next(), Frames: math.MaxUint64}}}})
		r.Marks = append(r.Marks, report.Mark{At: time.Duration(n), Text: next()},
			report.Mark{At: math.MinInt64, Until: math.MaxInt64, Text: next()})
		r.Checks = append(r.Checks, report.Check{Text: next(), Detail: next()})
		r.Tables = append(r.Tables, report.Table{Title: next(),
			Columns: []report.Column{{Name: next()}, {Name: next(), Number: true}},
			Rows:    [][]string{{next(), next(), next()}, {}, {next()}}})
		r.Log = append(r.Log, report.Line{At: time.Duration(n), Host: next(), Text: next()})
	}
	for range 2 {
		r.Plots = append(r.Plots, report.Plot{Title: next(), Unit: report.Unit(n)})
		p := &r.Plots[len(r.Plots)-1]
		p.Series = []report.Series{
			{Name: next(), Step: true, Points: []report.Point{{math.MinInt64, 1}, {1, math.NaN()},
				{2, math.Inf(1)}, {0, -math.MaxFloat64}, {time.Duration(n), 5e-324},
				{3, math.Copysign(0, -1)}, {math.MaxInt64, 1e15}}},
			{Name: next()},
		}
	}
	return r
}

// wellFormed checks that a file is XML, that it has only elements of ours, and that no number in
// it is none.
func wellFormed(t fataler, file []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(bare(file)))
	d.Entity = map[string]string{}
	var open []string
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
			if !slices.Contains(elements, e.Name.Local) {
				t.Fatalf("element %q is none of ours", e.Name.Local)
			}
			for _, a := range e.Attr {
				checkAttribute(t, e.Name.Local, a)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		t.Fatalf("not closed: %v", open)
	}
}

// fataler is what a test and a rapid check have in common.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

var elements = strings.Fields(`html head meta title style body header p h1 h2 h3 span div code
	button dl dt dd nav a main section ul li table caption thead tbody tr th td figure figcaption
	form label select option input footer script svg desc g rect line path circle text clipPath`)

var numeric = strings.Fields(`x y x1 x2 y1 y2 cx cy r rx width height viewBox d font-size
	data-at data-until data-lo data-hi data-top data-bottom data-width data-height transform`)

var numbers = regexp.MustCompile(`^[-+0-9.eMlhvHVCqamz, ]*$|^translate\([-0-9. ]*\)$`)

func checkAttribute(t fataler, element string, a xml.Attr) {
	t.Helper()
	name := a.Name.Local
	if strings.HasPrefix(name, "on") || name == "src" || name == "style" ||
		name == "href" && !regexp.MustCompile(`^#[a-z]+$`).MatchString(a.Value) {
		t.Fatalf("%s has the attribute %s=%q", element, name, a.Value)
	}
	if slices.Contains(numeric, name) && !numbers.MatchString(a.Value) {
		t.Fatalf("%s has %s=%q, want a number", element, name, a.Value)
	}
}

func TestHostileTextsStayTexts(t *testing.T) {
	r := hostile()
	page := string(html(t, r))
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("page has %d script elements, want its own one", n)
	}
	for _, r := range "\x00\x1b\u202e\u2066\u200f\ufffe" {
		if strings.ContainsRune(page, r) {
			t.Errorf("page contains %U, which hides or turns text", r)
		}
	}
	for i := range r.Plots {
		wellFormed(t, svg(t, &r.Plots[i], r))
	}
	wellFormed(t, topology(t, r))
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("page does not show the text <script>alert(1)</script>, it should, as a text")
	}
}

// The policy names the script and the style by their digests: were a byte of them changed on the
// way through the template, browsers would refuse them.
func TestPolicyAllowsOwnScriptAndStyleOnly(t *testing.T) {
	page := string(html(t, sample()))
	for _, element := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(page, "<"+element+">")
		content, _, _ := strings.Cut(rest, "</"+element+">")
		sum := sha256.Sum256([]byte(content))
		want := element + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		if len(content) < 1000 || !strings.Contains(page, want) {
			t.Errorf("%s of %d bytes: the policy does not contain %s", element, len(content), want)
		}
	}
	for _, load := range []string{"http://", "https://", "@import", "url(http"} {
		rest := strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "") // a name, not an address
		rest = strings.ReplaceAll(rest, "https://web/", "")                // in the log
		if strings.Contains(rest, load) {
			t.Errorf("page contains %q: it must need nothing from outside", load)
		}
	}
}

type broken struct{}

var errBroken = errors.New("disk full")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	r := sample()
	for name, err := range map[string]error{
		"HTML":     report.HTML(broken{}, r),
		"SVG":      report.SVG(broken{}, &r.Plots[0], nil, 0),
		"Topology": report.Topology(broken{}, r),
	} {
		if !errors.Is(err, errBroken) || !strings.HasPrefix(err.Error(), "report: ") {
			t.Errorf("%s: %v, want the writer's error behind \"report: \"", name, err)
		}
	}
}
