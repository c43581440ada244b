package advisory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/internal/terminal"
)

// FindingsMax is how many findings one file can have; the last one says that there are more.
const FindingsMax = 100

// Finding is something wrong with a record or with project.yaml: where, what, and what to do.
type Finding struct {
	File    string `json:"file"`           // as Load and Parse were told it
	Line    int    `json:"line,omitempty"` // from 1; 0 if it is about the file as a whole
	ID      string `json:"id,omitempty"`   // of the record, if it is known
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do, in words
	Fix     string `json:"fix,omitempty"`  // what to write in place of the bad value, if known
}

// String is one line: file:line: message (hint), with the fix instead of the hint if there is one.
// No terminal obeys it, whatever names a foreign tree has.
func (f Finding) String() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		fmt.Fprintf(&b, ":%d", f.Line)
	}
	fmt.Fprintf(&b, ": %s", f.Message)
	switch {
	case f.Fix != "":
		fmt.Fprintf(&b, " (write %s)", f.Fix)
	case f.Hint != "":
		fmt.Fprintf(&b, " (%s)", f.Hint)
	}
	return terminal.Line(b.String())
}

// SortFindings puts findings in the order of file, line and message.
func SortFindings(findings []Finding) {
	slices.SortStableFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Message, b.Message))
	})
}

// findings collects what is wrong with one file.
type findings struct {
	file string
	list []Finding
}

// add takes at most FindingsMax.
func (f *findings) add(line int, hint, format string, args ...any) *Finding {
	if len(f.list) >= FindingsMax {
		last := &f.list[FindingsMax-1]
		*last = Finding{File: f.file, Line: last.Line,
			Message: "there are more findings than are shown", Hint: "repair those above first"}
		return &Finding{}
	}
	f.list = append(f.list,
		Finding{File: f.file, Line: line, Message: fmt.Sprintf(format, args...), Hint: hint})
	return &f.list[len(f.list)-1]
}
