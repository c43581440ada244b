// Package yamltext reads a file of YAML that a person wrote: what is wrong with it is told with the
// line and the column that his editor shows.
package yamltext

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Error is why a file is no YAML.
type Error struct {
	Line    int // from 1; 0 if it is about the whole file
	Column  int // from 1, in characters; 0 if it is about the whole line
	Problem string
	Hint    string // what to do about it; may be empty
}

// Error returns the problem.
func (e *Error) Error() string { return e.Problem }

// Root returns the root of the one document of a file; both results are nil if there is none.
// Nodes lie in one another to the depth depthMax at most.
func Root(text []byte, depthMax int) (*yaml.Node, *Error) {
	if e := foreign(text); e != nil {
		return nil, e
	}
	limits := loaderlimits.New(loaderlimits.DepthValue(depthMax))
	var n yaml.Node
	err := yaml.Load(text, &n, yaml.WithPlugin(limits))
	lines := bytes.Split(text, []byte("\n"))
	if err == nil && n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		inside(lines, n.Content[0])
		return n.Content[0], nil
	}
	if err == nil || strings.Contains(err.Error(), "no documents") {
		return nil, nil
	}
	var syntax *yaml.LoadError
	if !errors.As(err, &syntax) {
		return nil, &Error{Problem: err.Error()}
	}
	e := &Error{Line: syntax.Mark.Line, Column: syntax.Mark.Column,
		Problem: strings.TrimPrefix(syntax.Message, "yaml: ")}
	if syntax.ContextMsg != "" {
		e.Problem = syntax.ContextMsg + ": " + e.Problem
	}
	e.Line, e.Column = end(lines, e.Line, e.Column)
	switch {
	case e.Line >= 1 && bytes.HasPrefix(lines[e.Line-1], []byte("\t")):
		e.Hint = "indent with spaces, not with tabs"
	case strings.Contains(e.Problem, "single document"):
		e.Hint = "no line of it may begin with --- or ..."
	}
	return nil, e
}

// end moves what is behind the last line to its end: where the file does not end that line, the
// library does.
func end(lines [][]byte, line, column int) (int, int) {
	if line <= len(lines) {
		return line, column
	}
	return len(lines), 1 + utf8.RuneCount(lines[len(lines)-1])
}

// inside moves nodes that are behind the last line; an empty value can be.
func inside(lines [][]byte, n *yaml.Node) {
	n.Line, n.Column = end(lines, n.Line, n.Column)
	for _, c := range n.Content {
		inside(lines, c)
	}
}

// foreign finds what would make the library's lines others than the editor's: the library reads
// UTF-16 too, and like YAML 1.1 it ends a line at characters that editors do not end one at
// (https://yaml.org/spec/1.1/#id871136). Nothing of the kind is needed in a file.
func foreign(text []byte) *Error {
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			return at(text, i, "save the file as UTF-8", "a character that is not UTF-8")
		case c == '\r' && bytes.HasPrefix(text[i:], []byte("\r\n")):
		case c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029:
			return at(text, i, "end lines with \\n",
				"a carriage return or another uncommon end of a line")
		}
		i += size
	}
	return nil
}

func at(text []byte, i int, hint, problem string) *Error {
	line := bytes.LastIndexByte(text[:i], '\n') + 1
	return &Error{Line: 1 + bytes.Count(text[:i], []byte("\n")),
		Column: 1 + utf8.RuneCount(text[line:i]), Problem: problem, Hint: hint}
}
