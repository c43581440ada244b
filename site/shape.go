package site

import (
	"bytes"
	"path"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
)

// shape changes a parsed text so that it fits on a page, and says what is in it: the title is taken
// out, headings go down one level at a time from the style's highest, none is empty, links lead
// where the style says, and nothing loads.
func shape(doc ast.Node, source []byte, s style) outline {
	var o outline
	if h, ok := doc.FirstChild().(*ast.Heading); ok && h.Level == 1 && s.anchor {
		o.Title = plain(h, source)
		doc.RemoveChild(doc, h)
	}
	level := s.level - 1
	for _, n := range nodes(doc) {
		switch n := n.(type) {
		case *ast.Heading:
			level = shapeHeading(n, source, s, level, &o)
		case *ast.Paragraph:
			if o.Lead == "" && n.Parent() == doc {
				o.Lead = plain(n, source)
			}
		case *ast.Image:
			shapeLink(asLink(n, source), source, s)
		case *ast.Link:
			shapeLink(n, source, s)
		case *ast.AutoLink:
			if _, ok := s.link(string(n.URL(source))); !ok && n.AutoLinkType == ast.AutoLinkURL {
				n.Parent().ReplaceChild(n.Parent(), n, words(n.Label(source)))
			}
		case *ast.RawHTML:
			n.Parent().ReplaceChild(n.Parent(), n, words(n.Segments.Value(source)))
		case *ast.HTMLBlock:
			shapeHTML(n, source)
		case *east.Table:
			*s.tables++
			n.SetAttributeString("number", *s.tables)
		case *east.TableCell:
			shapeCell(n)
		}
	}
	return o
}

// nodes returns all nodes below one, in the order of the text, so that they can be replaced.
func nodes(doc ast.Node) (list []ast.Node) {
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering && n != doc {
			list = append(list, n)
		}
		return ast.WalkContinue, nil
	})
	return list
}

// shapeHeading returns the level that the heading got: never more than one below the one before.
func shapeHeading(h *ast.Heading, source []byte, s style, before int, o *outline) int {
	title := plain(h, source)
	if strings.TrimSpace(title) == "" {
		h.Parent().RemoveChild(h.Parent(), h)
		return before
	}
	h.Level = min(max(h.Level, s.level), before+1, 6)
	if !s.anchor {
		h.SetAttributeString("id", []byte(nil))
		return h.Level
	}
	id, _ := h.AttributeString("id")
	bytes, _ := id.([]byte)
	o.Headings = append(o.Headings, heading{h.Level, string(bytes), title})
	return h.Level
}

// shapeLink lets a link lead where it may, or makes it its text.
func shapeLink(l *ast.Link, source []byte, s style) {
	named := string(l.Destination)
	to, ok := s.link(named)
	if !ok {
		parent := l.Parent()
		for c := l.FirstChild(); c != nil; c = l.FirstChild() {
			parent.InsertBefore(parent, l, c)
		}
		parent.RemoveChild(parent, l)
		return
	}
	l.Destination, l.Title = []byte(to.url), nil
	switch text := strings.TrimSpace(plain(l, source)); {
	case text == "": // a link without a text cannot be read out
		l.RemoveChildren(l)
		l.AppendChild(l, words([]byte(to.url)))
	case to.title != "" && (text == named || text == path.Base(named)):
		l.RemoveChildren(l)
		l.AppendChild(l, words([]byte(to.title)))
	}
}

// asLink puts a link in the place of an image.
func asLink(n *ast.Image, source []byte) *ast.Link {
	l := ast.NewLink()
	l.Destination = n.Destination
	for c := n.FirstChild(); c != nil; c = n.FirstChild() {
		l.AppendChild(l, c)
	}
	n.Parent().ReplaceChild(n.Parent(), n, l)
	return l
}

// shapeHTML shows a block of HTML as the text that it is.
func shapeHTML(n *ast.HTMLBlock, source []byte) {
	var b bytes.Buffer
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		b.Write(line.Value(source))
	}
	if n.HasClosure() {
		b.Write(n.ClosureLine.Value(source))
	}
	p := ast.NewParagraph()
	p.AppendChild(p, words(bytes.TrimSpace(b.Bytes())))
	n.Parent().ReplaceChild(n.Parent(), n, p)
}

// shapeCell gives a cell of a table a class for its alignment: a style of its own the policy for
// content of a page does not allow.
func shapeCell(n *east.TableCell) {
	if n.Parent().Kind() == east.KindTableHeader {
		n.SetAttributeString("scope", "col")
	}
	if n.Alignment == east.AlignRight || n.Alignment == east.AlignCenter {
		n.SetAttributeString("class", n.Alignment.String())
	}
}

// words are a text that means nothing but itself.
func words(b []byte) *ast.String {
	s := ast.NewString(b)
	s.SetRaw(true)
	return s
}

// plain returns a node's text without its markup.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch t := n.(type) {
		case *ast.Text:
			b.Write(t.Segment.Value(source))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(t.Value)
		case *ast.AutoLink:
			b.Write(t.Label(source))
		case *ast.RawHTML:
			b.Write(t.Segments.Value(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}
