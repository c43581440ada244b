package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// An error can have words of a server in it: the terminal obeys none of them.
func TestReportForeignText(t *testing.T) {
	var b bytes.Buffer
	code := report(&b, &hinted{errors.New("no file one\x1b[2J\nno file two"), "\u202edo", exitUsage})
	want := "atoll: error: no file one?[2J\nno file two\nhint: ?do\n"
	if b.String() != want || code != exitUsage {
		t.Errorf("%q, code %d, want %q", b.String(), code, want)
	}
}

// So it is with what an image says of itself.
func TestInspectForeignText(t *testing.T) {
	r := inspected{Program: "example.org/a\x1b[2J", Settings: []property{{"a", "b\u202e"}}}
	var b bytes.Buffer
	if err := r.print(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"program     example.org/a?[2J  \n", "  built     a=b?\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, &b)
		}
	}
}
