package site

import (
	"bytes"
	"html/template"
	"net/http"
	"strconv"
)

// Fact is something about what a website runs on, as people read it.
type Fact struct{ Name, Value string }

// machineFolder has the page on what the website runs.
const machineFolder = "machine/"

// Marks round the facts, by which the handler finds them in the page.
const (
	factsBegin = "<!--facts-->"
	factsEnd   = "<!--/facts-->"
)

type machinePage struct {
	frame
	Facts template.HTML
}

// addMachine makes the page on what the website runs, without a fact: nobody knows yet.
func (b *builder) addMachine() error {
	if !b.Machine {
		return nil
	}
	html, err := renderFacts(b.templates["machine"], nil)
	if err != nil {
		return err
	}
	f := b.frame(machineFolder, "What this runs on", "On what the website of "+b.project.Name+" runs.")
	return b.addPage("machine", f.Path, machinePage{f, template.HTML(html)})
}

// renderFacts makes the HTML of facts, with its marks.
func renderFacts(t *template.Template, facts []Fact) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(factsBegin)
	if err := t.ExecuteTemplate(&out, "facts", facts); err != nil {
		return nil, err
	}
	out.WriteString(factsEnd)
	return out.Bytes(), nil
}

// machinePart is what the page on the machine is made of: before and after the facts.
type machinePart struct {
	before, after []byte
	facts         *template.Template
}

// prepareMachine takes the page on the machine apart.
func (h *handler) prepareMachine() {
	at := h.files[machineFolder+"index.html"]
	if at == nil || h.options.Facts == nil {
		return
	}
	before, rest, ok := bytes.Cut(at.data, []byte(factsBegin))
	_, after, closed := bytes.Cut(rest, []byte(factsEnd))
	if !ok || !closed {
		h.options.Log.Warn("nothing is told of the machine: the page is not as this program makes it",
			"page", at.path)
		return
	}
	h.told = &machinePart{before, after, readTemplates()["machine"]}
}

// machine answers with what the website runs on now. The file index.html of its folder stays what
// it is: its sum is published.
func (h *handler) machine(w http.ResponseWriter, r *http.Request) {
	facts := h.options.Facts()
	facts = append(facts[:len(facts):len(facts)],
		Fact{"Requests answered before", strconv.FormatUint(h.count.answered(), 10)})
	html, err := renderFacts(h.told.facts, facts)
	if err != nil {
		panic("site: BUG: " + err.Error()) // it has rendered none, and writes to memory
	}
	page := bytes.Join([][]byte{h.told.before, html, h.told.after}, nil)
	header := w.Header()
	header.Set("Content-Type", contentType("index.html"))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Length", strconv.Itoa(len(page)))
	if r.Method != http.MethodHead {
		w.Write(page)
	}
}
