package lint

import (
	"regexp"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	markdown "github.com/yuin/goldmark/text"
)

// parser is CommonMark's, with nothing added.
var parser = goldmark.DefaultParser()

// page looks at the Markdown of one section.
type page struct {
	*checker
	source  []byte
	first   int   // the line in the file of the section's first line
	ends    []int // offsets of the ends of lines
	anchors map[string]bool
}

// text finds what a page must not have: HTML, links that lead nowhere or to scripts, headings that
// break the outline, what a template left behind.
func (k *checker) text(source string, first int, anchors map[string]bool) {
	p := &page{k, []byte(source), first, nil, anchors}
	for i, c := range p.source {
		if c == '\n' {
			p.ends = append(p.ends, i)
		}
	}
	for i, line := range strings.Split(source, "\n") {
		k.mentions(first+i, line)
	}
	doc := parser.Parse(markdown.NewReader(p.source))
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		p.node(n)
		if n.Type() == ast.TypeBlock && n.FirstChild() != nil &&
			n.FirstChild().Type() == ast.TypeInline {
			p.prose(n)
		}
		return ast.WalkContinue, nil
	})
}

func (p *page) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.HTMLBlock, *ast.RawHTML:
		p.at(p.line(n), "write Markdown; put code between `", "there is HTML in the text")
	case *ast.Heading:
		if n.Level <= 2 {
			p.at(p.line(n), "sections begin with ## at the beginning of a line, parts of them with ###",
				"the text has a heading of level %d", n.Level)
		}
	case *ast.Image:
		p.at(p.line(n), "describe it, or link to it",
			"a picture from elsewhere tells others who reads the page")
	case *ast.Link:
		p.target(p.line(n), string(n.Destination))
	case *ast.AutoLink:
		if n.AutoLinkType == ast.AutoLinkURL {
			p.target(p.line(n), string(n.URL(p.source)))
		}
	}
}

// target checks where a link leads.
func (p *page) target(line int, to string) {
	if anchor, inside := strings.CutPrefix(to, "#"); inside {
		if !p.anchors[anchor] {
			p.at(line, "link to a section, as in #impact", "the record has no section #%s",
				short(anchor))
		}
		return
	}
	if strings.HasPrefix(to, "mailto:") && strings.Contains(to, "@") {
		return
	}
	if problem, fix := p.address(to); problem != "" {
		p.at(line, "write https:// and the host: the text is also read outside of the website",
			"link: %q %s", short(to), problem).Fix = fix
	}
}

// slug is the anchor of a section.
func slug(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

var unresolved = regexp.MustCompile(`\[[^\[\]]+\]\[[^\[\]]*\]`)

// prose looks at what people read of a paragraph, code left out.
func (p *page) prose(block ast.Node) {
	var b strings.Builder
	_ = ast.Walk(block, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.CodeSpan:
			if entering {
				b.WriteByte(' ')
			}
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(p.source))
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		}
		return ast.WalkContinue, nil
	})
	text, line := b.String(), p.line(block)
	if found := unresolved.FindString(text); found != "" {
		p.at(line, "write [text](https://…), or define the reference",
			"the link %s leads nowhere", short(found))
	}
	p.leftovers(line, text)
}

// line returns the line in the file where a node begins.
func (p *page) line(n ast.Node) int {
	line, _ := slices.BinarySearch(p.ends, p.offset(n))
	return p.first + line
}

// offset is where the node begins in the section, or the block round it.
func (p *page) offset(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		switch n := n.(type) {
		case *ast.RawHTML:
			if n.Segments.Len() > 0 {
				return n.Segments.At(0).Start
			}
		case *ast.Link, *ast.Image:
			if t, ok := n.FirstChild().(*ast.Text); ok {
				return t.Segment.Start
			}
		}
		if n.Type() == ast.TypeBlock && n.Lines() != nil && n.Lines().Len() > 0 {
			return n.Lines().At(0).Start
		}
	}
	return 0
}
