package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// TextRunesMax is how much of a name, a label or a cell is shown.
const TextRunesMax = 200

// clean makes a text from anywhere fit to be shown: what is not UTF-8, controls and the characters
// that turn the direction of writing, with which one text can pass for another, become U+FFFD. It
// cuts after most runes.
func clean(s string, most int) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] < 0x7f
	}
	if plain && len(s) <= most {
		return s
	}
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > most {
			b.WriteRune('…')
			break
		}
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			r = ' '
		case !visible(r):
			r = utf8.RuneError
		}
		b.WriteRune(r)
	}
	return b.String()
}

func visible(r rune) bool {
	switch {
	case unicode.IsControl(r), r == 0xfffe, r == 0xffff: // XML 1.0 §2.2 has no way to write these
		return false
	case r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069,
		r == 0x061c: // marks, embeddings, overrides and isolates of direction
		return false
	}
	return true
}

// advance is about how wide a rune is, in parts of the font's size: rather too much than too
// little, since nobody knows the reader's font.
func advance(r rune) float64 {
	switch {
	case strings.ContainsRune("iljItf.,:;|!'()[] ", r):
		return 0.4
	case strings.ContainsRune("mwMW%@…–→", r):
		return 1
	case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return 0.67
	case r >= 0x1100:
		return 1.1
	}
	return 0.6
}

// textWidth returns about how many pixels a text needs at a font size.
func textWidth(s string, size float64) float64 {
	var sum float64
	for _, r := range s {
		sum += advance(r)
	}
	return float64(sum * size)
}

// fit cuts a text so that it needs at most so many pixels at a font size.
func fit(s string, size, most float64) string {
	if textWidth(s, size) <= most {
		return s
	}
	sum := advance('…')
	for i, r := range s {
		if sum += advance(r); float64(sum*size) > most {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}
