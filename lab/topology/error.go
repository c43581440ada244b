package topology

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/internal/terminal"
)

// Position is a place in a file; the zero Position is none.
type Position struct {
	File   string
	Line   int // from 1
	Column int // from 1, in characters
	source string
}

// Error is one thing that is wrong with a file.
type Error struct {
	File    string // empty if the lab does not come from a file
	Line    int    // from 1; 0 if it is about the whole file
	Column  int    // from 1, in characters
	Problem string // a sentence without a full stop
	Hint    string // what to do about it; may be empty
	Source  string // the line
}

// ErrorsMax is how many errors of one file are collected.
const ErrorsMax = 20

// Error returns place, problem, the line with a mark under it, and the hint:
//
//	net.yaml:7:24: rate "100" has no unit
//	  - {ends: [a, b], rate: 100}
//	                         ^
//	  hint: write 100Mbit (bits) or 100MB/s (bytes)
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(terminal.Line(e.File) + ":")
		if e.Line > 0 {
			fmt.Fprintf(&b, "%d:%d:", e.Line, e.Column)
		}
		b.WriteByte(' ')
	}
	b.WriteString(e.Problem)
	if e.Line > 0 && e.Column > 0 && strings.TrimSpace(e.Source) != "" {
		source, column := excerpt(e.Source, e.Column)
		b.WriteString("\n  " + source + "\n  " + strings.Repeat(" ", column-1) + "^")
	}
	if e.Hint != "" {
		b.WriteString("\n  hint: " + e.Hint)
	}
	return b.String()
}

// excerptColumnsMax is how much of a line an error shows.
const excerptColumnsMax = 100

// excerpt returns a line, or the part of it round a column, as it can be printed, and where in it
// the column is.
func excerpt(line string, column int) (string, int) {
	runes := []rune(terminal.Line(strings.ReplaceAll(line, "\t", " ")))
	column = min(column, len(runes)+1)
	from := max(0, min(column-1-excerptColumnsMax/2, len(runes)-excerptColumnsMax))
	return string(runes[from:min(len(runes), from+excerptColumnsMax)]), column - from
}

// Errors returns the errors of which err is made, in the order of the files.
func Errors(err error) []*Error {
	var one *Error
	var list interface{ Unwrap() []error }
	if errors.As(err, &list) {
		var all []*Error
		for _, err := range list.Unwrap() {
			all = append(all, Errors(err)...)
		}
		return all
	}
	if errors.As(err, &one) {
		return []*Error{one}
	}
	return nil
}

// problems collects what is wrong with a file.
type problems []*Error

func (p *problems) add(at Position, hint, format string, args ...any) {
	if len(*p) < ErrorsMax {
		*p = append(*p, &Error{File: at.File, Line: at.Line, Column: at.Column, Source: at.source,
			Problem: shown(fmt.Sprintf(format, args...)), Hint: shown(hint)})
	}
}

// problemBytesMax is how much is shown of a problem or a hint, which can have words of the file.
const problemBytesMax = 2 << 10

func shown(s string) string {
	if len(s) > problemBytesMax {
		s = strings.ToValidUTF8(s[:problemBytesMax], "") + "…"
	}
	return terminal.Line(s)
}

// err returns nil for no problem, and otherwise all of them joined, from the top of each file down.
func (p problems) err() error {
	files := map[string]int{}
	for i, e := range p {
		if _, seen := files[e.File]; !seen {
			files[e.File] = i
		}
	}
	slices.SortStableFunc(p, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column))
	})
	errs := make([]error, len(p))
	for i, e := range p {
		errs[i] = e
	}
	return errors.Join(errs...)
}
