// Package terminal makes foreign text safe to show: a terminal obeys some characters, and marks of
// direction make a text read other than it is (https://www.unicode.org/reports/tr36/).
package terminal

import (
	"strings"
	"unicode/utf8"
)

// Line returns a text in which "?" stands for each character that does not belong into a line that
// people read, and for each byte that is not UTF-8. So it has as many characters as before.
func Line(s string) string { return plain(s, "") }

// Text is Line for a text of several lines: it keeps their ends, and tabs.
func Text(s string) string { return plain(s, "\n\t") }

func plain(s, keep string) string {
	var b strings.Builder
	for i, r := range s {
		broken := r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd")
		if broken || obeyed(r) && !strings.ContainsRune(keep, r) {
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// obeyed tells whether a character moves a cursor, ends a line or turns the direction.
func obeyed(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x200e || r == 0x200f ||
		r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
