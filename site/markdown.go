package site

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// TextBytesMax bounds one Markdown text: a document, or a section of a record.
const TextBytesMax = 1 << 20

// markdown turns Markdown into HTML that may stand on a page: CommonMark with GitHub's tables,
// strikethrough and bare links. Raw HTML in it is shown as text, images become links, and what is
// made passes a list of allowed elements and attributes.
type markdown struct {
	goldmark goldmark.Markdown
	policy   *bluemonday.Policy
}

// style is how one text is turned into HTML.
type style struct {
	level  int                                 // of the highest heading that it may have
	anchor bool                                // headings have ids
	link   func(to string) (t target, ok bool) // where a link leads; not ok: it becomes its text
	tables *int                                // how many the page has so far
}

// target is where a link leads. If the link's text is only the name of a file, the title is what it
// is called on the website.
type target struct{ url, title string }

// heading is an entry of a text's table of contents.
type heading struct {
	Level int
	ID    string
	Text  string
}

// outline is what is known of a text besides its HTML.
type outline struct {
	Title    string // the first heading, if it is of level 1 and the text begins with it
	Lead     string // the first paragraph, as plain text
	Headings []heading
}

func newMarkdown() *markdown {
	return &markdown{
		goldmark: goldmark.New(
			goldmark.WithExtensions(extension.Strikethrough, extension.Linkify,
				extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignNone))),
			goldmark.WithParserOptions(parser.WithAutoHeadingID()),
			goldmark.WithRendererOptions(renderer.WithNodeRenderers(
				util.Prioritized(scrolling{}, 1))),
		),
		policy: newPolicy(),
	}
}

// newPolicy lists what may stand on a page: no style, no script, no form, nothing that loads.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr",
		"br", "em", "strong", "del", "code", "pre", "div", "table", "thead", "tbody", "tr",
		"th", "td")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^[\p{L}\p{N}_-]+$`)).
		OnElements("h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[A-Za-z0-9+#-]+$`)).
		OnElements("code")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^(right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("scope").Matching(regexp.MustCompile(`^col$`)).OnElements("th")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^scroll$`)).OnElements("div")
	p.AllowAttrs("role").Matching(regexp.MustCompile(`^group$`)).OnElements("div")
	p.AllowAttrs("tabindex").Matching(regexp.MustCompile(`^0$`)).OnElements("div", "pre")
	p.AllowAttrs("aria-label").Matching(regexp.MustCompile(`^Table [0-9]+$`)).OnElements("div")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true)
	p.RequireParseableURLs(true)
	return p
}

// html renders a text. The error says what is wrong with it.
func (m *markdown) html(source []byte, s style) (template.HTML, outline, error) {
	if len(source) > TextBytesMax {
		return "", outline{}, fmt.Errorf("a text of %d bytes, at most %d", len(source), TextBytesMax)
	}
	doc := m.goldmark.Parser().Parse(text.NewReader(source))
	o := shape(doc, source, s)
	var b bytes.Buffer
	if err := m.goldmark.Renderer().Render(&b, source, doc); err != nil {
		return "", o, err
	}
	return template.HTML(m.policy.SanitizeBytes(b.Bytes())), o, nil
}

// scrolling renders what may be wider than a phone so that it scrolls by itself and can be reached
// by the keyboard (WCAG 2.2 §2.1.1).
type scrolling struct{}

// RegisterFuncs says which nodes these are.
func (s scrolling) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindCodeBlock, s.code)
	r.Register(ast.KindFencedCodeBlock, s.code)
	r.Register(east.KindTable, s.table)
}

func (scrolling) code(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus,
	error) {
	if !entering {
		_, err := w.WriteString("</code></pre>\n")
		return ast.WalkContinue, err
	}
	w.WriteString(`<pre tabindex="0"><code`)
	if f, ok := n.(*ast.FencedCodeBlock); ok {
		if language := f.Language(source); language != nil {
			fmt.Fprintf(w, ` class="language-%s"`, util.EscapeHTML(language))
		}
	}
	w.WriteByte('>')
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		w.Write(util.EscapeHTML(line.Value(source)))
	}
	return ast.WalkContinue, nil
}

func (scrolling) table(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus,
	error) {
	if !entering {
		_, err := w.WriteString("</table>\n</div>\n")
		return ast.WalkContinue, err
	}
	number, _ := n.AttributeString("number")
	_, err := fmt.Fprintf(w,
		"<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Table %v\">\n<table>\n", number)
	return ast.WalkContinue, err
}
