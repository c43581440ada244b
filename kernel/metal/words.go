//go:build atollkernel && linux && amd64

package main

// textBytesMax is how long the program's arguments may be together, and its environment.
const textBytesMax = 16 << 10

// texts are strings that each end with a zero byte.
type texts struct {
	buffer [textBytesMax]byte
	n      int
}

func (t *texts) bytes() []byte { return t.buffer[:t.n] }

// add appends bytes without a zero byte. What does not fit is cut off.
func (t *texts) add(p []byte) { t.n += copy(t.buffer[t.n:textBytesMax-1], p) }

// addText is add for a text of ours.
func (t *texts) addText(s string) { t.n += copy(t.buffer[t.n:textBytesMax-1], s) }

// addNumber is add for a number in base 10.
func (t *texts) addNumber(v uint64) {
	var b [20]byte
	at := len(b)
	for first := true; first || v != 0; first = false {
		at--
		b[at] = '0' + byte(v%10)
		v /= 10
	}
	t.add(b[at:])
}

// end ends a text.
func (t *texts) end() {
	if t.n < textBytesMax {
		t.buffer[t.n] = 0
		t.n++
	}
}

// hasPrefix tells whether b begins with s.
func hasPrefix(b []byte, s string) bool {
	if len(b) < len(s) {
		return false
	}
	for i := range len(s) {
		if b[i] != s[i] {
			return false
		}
	}
	return true
}

// nextWord returns the first word of a line and what follows it.
func nextWord(line []byte) (word, rest []byte) {
	for len(line) > 0 && line[0] == ' ' {
		line = line[1:]
	}
	n := 0
	for n < len(line) && line[n] != ' ' {
		n++
	}
	return line[:n], line[n:]
}

// number reads digits, of base 16 after 0x.
func number(b []byte) (v uint64, ok bool) {
	base := uint64(10)
	if hasPrefix(b, "0x") {
		b, base = b[2:], 16
	}
	for _, c := range b {
		digit := uint64(c - '0')
		if c >= 'a' {
			digit = uint64(c-'a') + 10
		}
		if digit >= base || v > 1<<40 {
			return 0, false
		}
		v = v*base + digit
	}
	return v, len(b) > 0
}
