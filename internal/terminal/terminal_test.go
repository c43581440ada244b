package terminal

import (
	"testing"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ in, line, text string }{
		{"Grüße\u00a0\ufffd", "Grüße\u00a0\ufffd", "Grüße\u00a0\ufffd"},
		{"a\x1b[2Jb\x00", "a?[2Jb?", "a?[2Jb?"}, {"\u202eabc", "?abc", "?abc"},
		{"a\xff\xffb", "a??b", "a??b"}, {"a\u2066b\u009b", "a?b?", "a?b?"},
		{"a\n\tb\r\x7f", "a??b??", "a\n\tb??"}, {"\xef\xbf", "??", "??"}, {"\u2028", "?", "?"},
	} {
		if got := Line(c.in); got != c.line {
			t.Errorf("the line %q becomes %q, not %q", c.in, got, c.line)
		}
		if got := Text(c.in); got != c.text {
			t.Errorf("the text %q becomes %q, not %q", c.in, got, c.text)
		}
		if n := utf8.RuneCountInString(c.in); utf8.RuneCountInString(Line(c.in)) != n {
			t.Errorf("%q has not %d characters any more", c.in, n)
		}
	}
}
