package main

import (
	"bytes"
	"errors"
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
