package yamltext

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

func TestRoot(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"a: 1\n", ""},
		{"\ufeffa: 1\r\n\r\nb: 2\r\n", ""},
		{"", "none"},
		{"# only this\n", "none"},
		{"a: b: c\n", "1:"},
		{"a: [\n", "2:1: while parsing a flow node"},
		{"a: [", "1:5: while parsing a flow node"},
		{"a:\n\tb: 1\n", "2:1: while scanning for the next token: " +
			"found character that cannot start any token (indent with spaces, not with tabs)"},
		{"a: 1\n---\nb: 1\n", "(no line of it may begin with --- or ...)"},
		{"[[[[[1]]]]]", "depth"},
		// Ends of lines that only YAML knows, and encodings in which bytes are no characters: the
		// library would count their lines.
		{"a: 1\nä: {\r\r\r", "2:5: a carriage return"},
		{"a: 1\r\nb: {\u0085\u0085", "2:5: a carriage return or another uncommon end of a line " +
			"(end lines with \\n)"},
		{"a: {\u2028\u2028", "1:5: a carriage return"},
		{"a: {\u2029\u2029", "1:5: a carriage return"},
		{"\xff\xfe\x28\x20\x28\x20{\x00", "1:1: a character that is not UTF-8 " +
			"(save the file as UTF-8)"},
		{"a: 1\nb: \xe9\n", "2:4: a character that is not UTF-8"},
	} {
		n, err := Root([]byte(c.text), 4)
		got := ""
		switch {
		case err != nil:
			got = fmt.Sprintf("%d:%d: %v (%s)", err.Line, err.Column, err, err.Hint)
		case n == nil:
			got = "none"
		}
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%q gives %q, not %q", c.text, got, c.want)
		}
	}
}

func TestKind(t *testing.T) {
	for text, want := range map[string]string{"{}": "a mapping", "[]": "a list", "~": "empty",
		"''": "empty", "a": "a text", "1": "a text"} {
		n, err := Root([]byte(text), 4)
		if err != nil || Kind(n) != want {
			t.Errorf("%s is %s, not %s (%v)", text, Kind(n), want, err)
		}
	}
}

// FuzzRoot wants every line to be one of the file's, of errors and of what was read.
func FuzzRoot(f *testing.F) {
	for _, text := range []string{"a: [1, {b: c}]\n", "- |\n  x\n\n- 'y\n\n  z'\n", "a: {\u2028\r",
		"\xff\xfea\x00\n\x00", "a:\n\tb", "a: &x [*x]\n", "? \n...\n---\n", "a: \"\\\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		n, err := Root(text, 16)
		lines := strings.Split(string(text), "\n")
		in := func(line, column int) bool {
			return line >= 1 && line <= len(lines) && column >= 1 &&
				column <= utf8.RuneCountInString(lines[line-1])+1
		}
		switch {
		case err != nil && (err.Line != 0 && !in(err.Line, err.Column) || err.Problem == ""):
			t.Fatalf("%+v, of %d lines", *err, len(lines))
		case n == nil:
			return
		}
		nodes := []*yaml.Node{n}
		for len(nodes) > 0 {
			n, nodes = nodes[len(nodes)-1], nodes[:len(nodes)-1]
			if !in(n.Line, n.Column) {
				t.Fatalf("%q is at %d:%d, of %d lines", n.Value, n.Line, n.Column, len(lines))
			}
			nodes = append(nodes, n.Content...)
		}
	})
}
