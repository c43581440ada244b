package wire

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestFrames runs the files of testdata. Their commands take one frame in hexadecimal:
//
//	frame    Describe; whether its checksum is wrong; the frame that the appenders make of what
//	         the parsers read, if that is another one
//	fields   every header with all its fields
func TestFrames(t *testing.T) {
	datadriven.Walk(t, "testdata/frames", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			frame := unhex(t, d.Input)
			switch d.Cmd {
			case "frame":
				return frameText(t, frame)
			case "fields":
				return strings.Join(fields(frame), "\n") + "\n"
			}
			t.Fatalf("%s: no command %q", d.Pos, d.Cmd)
			return ""
		})
	})
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatalf("hexadecimal expected: %v", err)
	}
	return b
}

func frameText(t *testing.T, frame []byte) string {
	before := bytes.Clone(frame)
	s := Describe(frame) + "\n"
	if !VerifyFrame(frame) {
		s += "wrong checksum\n"
	}
	buf := bytes.Repeat([]byte{0xa5}, 2*len(frame)+64)
	out := rewrite(buf[:3], frame)
	if !bytes.Equal(frame, before) {
		t.Error("reading a frame changed it")
	}
	if len(out) == 0 {
		return s
	}
	if &out[0] != &buf[0] || !bytes.Equal(out[:3], []byte{0xa5, 0xa5, 0xa5}) {
		t.Error("appending changed or moved what stood before")
	}
	for i, x := range buf[len(out):] {
		if x != 0xa5 {
			t.Errorf("byte %d behind what was appended is %#x: it should be untouched", i, x)
			break
		}
	}
	if out = out[3:]; !bytes.Equal(out, frame) {
		s += "written as:\n" + dump(out)
	}
	return s
}

// dump returns a frame as the files hold it: Ethernet header, IP header, then 32 bytes a line.
func dump(frame []byte) string {
	s, size := fmt.Sprintf("%x %x %x\n", frame[:6], frame[6:12], frame[12:14]), 28
	switch EtherType(frame[12])<<8 | EtherType(frame[13]) {
	case TypeIPv4:
		size = IPv4Size
	case TypeIPv6:
		size = IPv6Size
	}
	for b := frame[14:]; len(b) > 0; size = 32 {
		line := b[:min(size, len(b))]
		b = b[len(line):]
		for len(line) > 4 {
			s += fmt.Sprintf("%x ", line[:4])
			line = line[4:]
		}
		s += fmt.Sprintf("%x\n", line)
	}
	return s
}

// frames returns every frame of testdata/frames, as seeds for fuzzing.
func frames(t testing.TB) (all [][]byte) {
	paths, err := filepath.Glob("testdata/frames/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no frames: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(string(text), "\nframe\n")[1:] {
			input, _, _ := strings.Cut(part, "----")
			all = append(all, unhex(t, input))
		}
	}
	return all
}
