package text

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
)

// wrap writes words in lines of Columns. first and rest begin the first line and the others. A
// word that is longer than a line stands alone on one.
func (w *writer) wrap(first, rest, text string) {
	line, empty := first, true
	columns := utf8.RuneCountInString(line)
	for word := range strings.FieldsSeq(text) {
		n := utf8.RuneCountInString(word)
		if !empty && columns+1+n > Columns {
			w.line(line)
			line, empty, columns = rest, true, utf8.RuneCountInString(rest)
		}
		if !empty {
			line += " "
			columns++
		}
		line += word
		empty, columns = false, columns+n
	}
	w.line(line)
}

// markBytesMax is how far the mark of an item can reach: what follows it is indented as far.
const markBytesMax = 24

var (
	item  = regexp.MustCompile(`^\s*(?:[-*+]|\d{1,9}[.)])\s+`)
	fence = regexp.MustCompile("^\\s*(`{3,}|~{3,})")
)

// text writes Markdown, which is made to be read as it is. Paragraphs and items of lists are
// wrapped; blocks of code, headings, tables and quotations keep their lines.
func (w *writer) text(markdown string) {
	p := &paragraphs{w: w}
	for line := range strings.SplitSeq(advisory.Printable(markdown), "\n") {
		p.next(strings.TrimRight(line, "\r"))
	}
	p.end()
}

// paragraphs collects the lines of a paragraph.
type paragraphs struct {
	w     *writer
	words strings.Builder
	first string // begins the paragraph: the mark of an item
	rest  string // begins its other lines
	open  bool
	fence string // the block of code ends with at least this
	blank bool   // the line before was empty
}

func (p *paragraphs) next(line string) {
	bare := strings.TrimSpace(line)
	if p.fence != "" {
		p.w.line(line)
		if strings.HasPrefix(bare, p.fence) && strings.Trim(bare, p.fence[:1]) == "" {
			p.fence = ""
		}
		return
	}
	blank := p.blank
	p.blank = bare == ""
	mark := item.FindString(line)
	if len(mark) > markBytesMax {
		mark = ""
	}
	switch {
	case bare == "":
		p.end()
		if !blank {
			p.w.line("")
		}
	case fence.MatchString(line):
		p.end()
		p.fence = fence.FindStringSubmatch(line)[1]
		p.w.line(line)
	case strings.HasPrefix(line, "    ") && mark == "" && !p.open,
		strings.HasPrefix(bare, "#"), strings.HasPrefix(bare, "|"), strings.HasPrefix(bare, ">"):
		p.end()
		p.w.line(strings.ReplaceAll(line, "\t", "    "))
	default:
		p.add(line, mark)
	}
}

// add takes a line of a paragraph. Two blanks or a backslash at its end break the line.
func (p *paragraphs) add(line, mark string) {
	if mark != "" {
		p.end()
		p.first = strings.ReplaceAll(mark, "\t", " ")
		p.rest = strings.Repeat(" ", utf8.RuneCountInString(p.first))
		line = line[len(mark):]
	}
	p.open = true
	p.words.WriteString(line)
	p.words.WriteByte(' ')
	if strings.HasSuffix(line, "  ") || strings.HasSuffix(line, "\\") {
		text := strings.TrimSuffix(strings.TrimSpace(p.words.String()), "\\")
		p.w.wrap(p.first, p.rest, text)
		p.words.Reset()
		p.first, p.open = p.rest, false
	}
}

// end writes the paragraph, if there is one.
func (p *paragraphs) end() {
	if p.open {
		p.w.wrap(p.first, p.rest, p.words.String())
	}
	p.words.Reset()
	p.first, p.rest, p.open = "", "", false
}
