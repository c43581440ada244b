package advisory

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Limits of a record's file. Readers of Markdown take time that grows with the square of a
// paragraph's length, so the second and third bound the time of everything that reads a record.
const (
	RecordBytesMax    = 128 << 10
	LineBytesMax      = 8 << 10
	ParagraphBytesMax = 16 << 10 // lines without an empty one between them, outside of code
)

// Parse reads a record: a header in YAML between two lines of three hyphens, then sections that
// each begin with a heading of the second level ("## Impact"). It collects all findings, and gives
// a record also where there are some; a value that cannot be what it should be is left out of it.
// Nil is only what has no header. File is for findings.
func Parse(file string, text []byte) (*Record, []Finding) {
	found := &findings{file: file}
	text, ok := found.characters(text)
	if !ok {
		return nil, found.list
	}
	head, body, ok := cut(text)
	if !ok {
		found.add(1, "begin with a line ---, then the header, then a line --- again",
			"the file has no header")
		return nil, found.list
	}
	rec := &Record{File: file, lines: map[string]int{}}
	r := &reader{found, rec.lines}
	if n := r.document([]byte(head)); n != nil {
		r.header(n, rec)
	} else if len(found.list) == 0 {
		found.add(1, "write id: … and title: …", "the header is empty")
	}
	found.sections(rec, body, strings.Count(head, "\n")+2)
	for i := range found.list {
		found.list[i].ID = rec.ID
	}
	return rec, found.list
}

// characters makes line ends uniform and refuses what is no text. Direction marks can make a text
// read other than it is (https://www.unicode.org/reports/tr36/), and nothing here needs them.
func (f *findings) characters(text []byte) ([]byte, bool) {
	if len(text) > RecordBytesMax {
		f.add(0, "shorten it, and link to what is long",
			"the file is %d bytes long, at most %d", len(text), RecordBytesMax)
		return nil, false
	}
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	good := true
	for i, line := range bytes.Split(text, []byte("\n")) {
		if len(line) > LineBytesMax {
			f.add(i+1, "break the line", "the line is %d bytes long, at most %d",
				len(line), LineBytesMax)
			good = false
		} else if !utf8.Valid(line) {
			f.add(i+1, "save the file as UTF-8", "the line is not UTF-8")
			good = false
		} else if bad, found := firstControl(string(line)); found {
			f.add(i+1, "leave the character out", "the line has the control character %U", bad)
			good = false
		}
	}
	return text, good
}

// firstControl finds a character that is not for print: a control character but the tab, a mark of
// direction, a mark of byte order, a line separator.
func firstControl(s string) (rune, bool) {
	for _, c := range s {
		if control(c) {
			return c, true
		}
	}
	return 0, false
}

func control(c rune) bool {
	return c < ' ' && c != '\t' || c >= 0x7f && c < 0xa0 || c == 0x2028 || c == 0x2029 ||
		c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 || c == 0x200e || c == 0x200f ||
		c == 0xfeff || c&0xfffe == 0xfffe
}

// Printable returns a text with the replacement character U+FFFD in place of every character that
// Parse refuses, line ends left as they are. A record that was not parsed can have them.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\n' && control(c) {
			return utf8.RuneError
		}
		return c
	}, s)
}

// cut returns the header, from its first line --- on so that its lines keep their numbers, and
// what comes after the second.
func cut(text []byte) (head, body string, ok bool) {
	const fence = "---"
	lines := strings.SplitAfter(string(text), "\n")
	if strings.TrimRight(lines[0], " \t\n") != fence {
		return "", "", false
	}
	at := len(lines[0])
	for _, line := range lines[1:] {
		if strings.TrimRight(line, " \t\n") == fence {
			return string(text[:at]), string(text[at+len(line):]), true
		}
		at += len(line)
	}
	return "", "", false
}

// sections reads the text after the header; first is the number of its first line.
func (f *findings) sections(to *Record, body string, first int) {
	var text []string
	name, begun, fence := "", 0, fence{}
	end := func() {
		from, kept := trimLines(text)
		if begun > 0 {
			to.lines[sectionPath(len(to.Sections))] = begun
			to.lines[textPath(len(to.Sections))] = begun + 1 + from
			to.Sections = append(to.Sections, Section{name, strings.Join(kept, "\n")})
		} else if len(kept) > 0 {
			f.add(first+from, "put it below a heading such as ## Description",
				"there is text before the first section")
		}
		text = text[:0]
	}
	opened, run := 0, 0
	for i, line := range strings.Split(body, "\n") {
		before := fence.length
		inside := fence.next(line)
		if before == 0 && fence.length > 0 {
			opened = first + i
		}
		run += len(line) + 1
		if inside || strings.TrimSpace(line) == "" {
			run = 0
		}
		if run > ParagraphBytesMax {
			f.add(first+i, "divide it by an empty line",
				"the paragraph is longer than %d bytes; what follows is left out", ParagraphBytesMax)
			break
		}
		heading, is := strings.CutPrefix(line, "## ")
		if heading = strings.TrimSpace(heading); inside || !is || heading == "" {
			text = append(text, line)
			continue
		}
		end()
		name, begun = heading, first+i
	}
	end()
	if fence.length > 0 {
		f.add(opened, "end it with a line of the same characters",
			"the block of code that begins here has no end")
	}
}

// trimLines leaves out empty lines at both ends; from is how many at the beginning.
func trimLines(lines []string) (from int, kept []string) {
	to := len(lines)
	for from < to && strings.TrimSpace(lines[from]) == "" {
		from++
	}
	for to > from && strings.TrimSpace(lines[to-1]) == "" {
		to--
	}
	return from, lines[from:to]
}

// fence follows blocks of code, in which no line is a heading:
// https://spec.commonmark.org/0.31.2/#fenced-code-blocks
// A block within an item of a list needs no following: its lines are indented, and a heading that
// begins a section is not.
type fence struct {
	mark   byte
	length int  // 0: not in a block
	list   bool // in an item of a list
}

var listItem = regexp.MustCompile(`^([-+*]|[0-9]{1,9}[.)])[ \t]`)

// next tells whether the line is part of a block.
func (f *fence) next(line string) bool {
	text := strings.TrimLeft(line, " ")
	indent := len(line) - len(text)
	if f.length == 0 && indent == 0 && text != "" {
		f.list = listItem.MatchString(line)
	}
	if indent > 3 || text == "" || f.length == 0 && f.list && indent > 0 {
		return f.length > 0
	}
	run := 0
	for run < len(text) && text[run] == text[0] {
		run++
	}
	rest := strings.TrimSpace(text[run:])
	switch mark := text[0]; {
	case f.length > 0:
		if mark == f.mark && run >= f.length && rest == "" {
			f.length = 0
		}
		return true
	case run >= 3 && (mark == '~' || mark == '`' && !strings.Contains(rest, "`")):
		f.mark, f.length = mark, run
		return true
	}
	return false
}
