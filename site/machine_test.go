package site

import (
	"net/http"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
	"github.com/atoll-os/atoll/unikernel"
)

// The page on the machine is filled in when it is asked for; the file of which it is made stays.
func TestMachinePage(t *testing.T) {
	in := Input{Public: public(sample.Cases()...), Documents: documents(), Served: true,
		Machine: true}
	pages, err := Build(in)
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	facts := func() []Fact { asked++; return []Fact{{"Kernel", "<Ship> & co"}} }
	h := Handler(pages, Options{Facts: facts, Rate: -1})
	r := ask(h, "GET", "/machine/")
	text := body(t, r)
	for _, want := range []string{"<dt>Kernel</dt><dd>&lt;Ship&gt; &amp; co</dd>",
		"<dt>Requests answered before</dt><dd>0</dd>", `href="../machine/">What this runs on</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s:\n%s", want, text)
		}
	}
	if r.Header.Get("Cache-Control") != "no-store" || strings.Contains(text, "<script") {
		t.Errorf("it may be kept, or has a script: %v", r.Header)
	}
	if text := body(t, ask(h, "GET", "/machine/")); !strings.Contains(text, "<dd>1</dd>") {
		t.Errorf("the second time it tells of no request before:\n%s", text)
	}
	if r := ask(h, "HEAD", "/machine/"); body(t, r) != "" || r.ContentLength <= 0 || asked != 3 {
		t.Errorf("HEAD: %v, asked %d times", r, asked)
	}
	const empty = "Here it is empty."
	if text := body(t, ask(h, "GET", "/machine/index.html")); !strings.Contains(text, empty) {
		t.Errorf("the file has changed:\n%s", text)
	}
	silent := Handler(pages, Options{})
	if text := body(t, ask(silent, "GET", "/machine/")); !strings.Contains(text, empty) {
		t.Errorf("without facts it is not empty:\n%s", text)
	}
	if problem := harmless(text); problem != nil {
		t.Errorf("the page is not harmless: %v", problem)
	}
}

// Nothing is told where the website was not made for it.
func TestNoMachinePage(t *testing.T) {
	facts := func() []Fact { return []Fact{{"Kernel", "K"}} }
	h := Handler(website(t), Options{Facts: facts})
	if r := ask(h, "GET", "/machine/"); r.StatusCode != http.StatusNotFound {
		t.Errorf("it answers %s", r.Status)
	}
	foreign := Handler([]advisory.File{{Path: "machine/index.html", Data: []byte("foreign")}},
		Options{Facts: facts})
	if text := body(t, ask(foreign, "GET", "/machine/")); text != "foreign" {
		t.Errorf("a page that is not ours is %q", text)
	}
}

// What is told is true of each target.
func TestFacts(t *testing.T) {
	for _, c := range []struct {
		target unikernel.Target
		clones unikernel.Clones
		want   map[string]string
	}{
		{unikernel.TargetVM, copies{}, map[string]string{"Kernel": "Atoll; this program is all",
			"Go": "go1.", "Memory": " MiB taken", "Up for": "0s", "Generation": "7 copies were found",
			"Entropy": "not told", "Program": "github.com/atoll-os/atoll "}},
		{unikernel.TargetProcess, nil, map[string]string{"Kernel": "; this program is a process of it",
			"Generation": "none: nothing can copy it"}},
		{unikernel.TargetLab, nil, map[string]string{"Kernel": "none: a host of a lab",
			"Entropy": "follow from the lab's seed", "Memory": "of the process that the lab is in"}},
	} {
		m := unikernel.New(t.Context(), unikernel.Options{Net: noNet{}, Target: c.target,
			Random: strings.NewReader(""), Clones: c.clones})
		got := map[string]string{}
		for _, f := range Facts(m)() {
			got[f.Name] = f.Value
		}
		for name, want := range c.want {
			if !strings.Contains(got[name], want) {
				t.Errorf("%s: %s is %q, want %q", c.target, name, got[name], want)
			}
		}
	}
}

// copies knows of seven copies.
type copies struct{}

func (copies) Generation() uint64          { return 7 }
func (copies) OnClone(func(uint64)) func() { return func() {} }
