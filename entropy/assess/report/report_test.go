package report_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/entropy/assess"
	"github.com/atoll-os/atoll/entropy/assess/report"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/prng"
)

// jitter imitates a timer: a bell of small values, and now and then a long one.
func jitter(n int) []byte {
	r := prng.New(7)
	s := make([]byte, n)
	for i := range s {
		v := 20 + r.IntN(8) + r.IntN(8) + r.IntN(8)
		if r.Chance(0.02) {
			v += 16
		}
		s[i] = byte(v)
	}
	return s
}

func sequence(t testing.TB, samples []byte, width int) *assess.Sequence {
	t.Helper()
	q, err := assess.NewSequence(samples, width)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// sample is a page with everything on it.
func sample(t *testing.T) *report.Page {
	q := sequence(t, jitter(6000), 6)
	independent, err := assess.IID(q, assess.IIDOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	rows := make([][]byte, 60)
	for i := range rows {
		rows[i] = jitter(6000)[i*60 : i*60+60]
	}
	restart, err := assess.Restart(rows, 6, 2, assess.Options{})
	if err != nil {
		t.Fatal(err)
	}
	assessed := assess.Assess(q, assess.Options{Claim: 2000})
	return &report.Page{Title: "jitter <imitated>", Result: assessed, IID: independent,
		Restart: restart, Plots: assess.Plot(q)}
}

func html(t *testing.T, p *report.Page) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPages(t *testing.T) {
	golden.Check(t, "testdata/jitter.html", html(t, sample(t)))
	q := sequence(t, []byte{1, 0}, 1)
	golden.Check(t, "testdata/two_samples.html", html(t, &report.Page{
		Result: assess.Assess(q, assess.Options{}),
		Plots:  assess.Plot(q)}))
	golden.Check(t, "testdata/empty.html", html(t, &report.Page{}))
}

// drawings are the plots, by name.
var drawings = map[string]func(io.Writer, *assess.Plots) error{"histogram": report.Histogram,
	"autocorrelation": report.Autocorrelation, "runs": report.Runs, "image": report.Image}

func TestPlots(t *testing.T) {
	bytes8 := make([]byte, 3000)
	prng.New(1).Read(bytes8)
	wave := make([]byte, 3000) // what is not noise shows
	for i := range wave {
		wave[i] = byte(i / 6 % 2)
	}
	for _, c := range []struct {
		name    string
		samples []byte
		width   int
	}{{"noise", bytes8, 8}, {"wave", wave, 1}, {"constant", make([]byte, 9), 2}} {
		p := assess.Plot(sequence(t, c.samples, c.width))
		for name, draw := range drawings {
			var b bytes.Buffer
			if err := draw(&b, p); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, "testdata/"+c.name+"_"+name+".svg", b.Bytes())
			wellFormed(t, b.Bytes())
		}
	}
}

func wellFormed(t *testing.T, text []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %.100s", err, text)
		}
	}
}

func TestPagesAreWellFormed(t *testing.T) {
	page := html(t, sample(t))
	wellFormed(t, bytes.TrimPrefix(page, []byte("<!DOCTYPE html>\n")))
	if again := html(t, sample(t)); !bytes.Equal(page, again) {
		t.Error("the same page twice differs")
	}
}

// Names come from a command line, or from whoever made a source: they stay texts.
func TestHostileTexts(t *testing.T) {
	const evil = "a\"<script>alert(1)</script>&\u202egnp\x07"
	q := sequence(t, jitter(500), 6)
	p := &report.Page{Title: evil + strings.Repeat("x", 300)}
	p.Result = assess.Assess(q, assess.Options{})
	p.Result.Binding = evil
	p.Result.Notes = nil
	page := string(html(t, p))
	wellFormed(t, []byte(strings.TrimPrefix(page, "<!DOCTYPE html>\n")))
	for _, bad := range []string{"<script", "\u202e", "\x07", strings.Repeat("x", 300)} {
		if strings.Contains(page, bad) {
			t.Errorf("page contains %q", bad)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("page does not show the text")
	}
}

// The policy names the style by its digest and allows nothing else.
func TestPolicy(t *testing.T) {
	page := string(html(t, sample(t)))
	_, rest, _ := strings.Cut(page, "<style>")
	style, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if !strings.Contains(page, want) {
		t.Errorf("style of %d bytes: the policy does not contain %s", len(style), want)
	}
	rest = strings.ReplaceAll(page, "http://www.w3.org/2000/svg", "") // a name, not an address
	for _, load := range []string{"http:", "https:", "@import", "url("} {
		if strings.Contains(rest, load) {
			t.Errorf("page contains %q: it must need nothing from outside", load)
		}
	}
}

type broken struct{}

var errBroken = errors.New("disk full")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	p := sample(t)
	if err := report.HTML(broken{}, p); !errors.Is(err, errBroken) {
		t.Errorf("HTML: %v", err)
	}
	for name, draw := range drawings {
		if err := draw(broken{}, p.Plots); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzPage draws whatever can be assessed.
func FuzzPage(f *testing.F) {
	f.Add("a name", []byte{0, 1, 1, 0}, byte(1))
	f.Add("\u202e<b>", jitter(50), byte(6))
	f.Fuzz(func(t *testing.T, title string, samples []byte, width byte) {
		q, err := assess.NewSequence(samples, int(width))
		if err != nil {
			return
		}
		page := html(t, &report.Page{Title: title, Result: assess.Assess(q, assess.Options{}),
			Plots: assess.Plot(q)})
		wellFormed(t, bytes.TrimPrefix(page, []byte("<!DOCTYPE html>\n")))
	})
}
