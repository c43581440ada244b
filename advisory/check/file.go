package check

import (
	"fmt"
	"io"
	"os"
)

// openFile opens a file that is a file: no device and no pipe, which could be without an end.
func openFile(name string) (*os.File, error) {
	info, err := os.Stat(name) // before opening, which waits for the other end of a pipe
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("check: %s: %w", name, ErrNoTarget)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	return f, nil
}

// readMax reads a file of at most max bytes.
func readMax(name string, max int64) ([]byte, error) {
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := readAll(f, max)
	if err != nil {
		return nil, fmt.Errorf("check: read %s: %w", name, err)
	}
	return text, nil
}

// readAll reads to the end, and fails past max bytes.
func readAll(r io.Reader, max int64) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, max+1))
	if err == nil && int64(len(text)) > max {
		err = fmt.Errorf("over %d bytes", max)
	}
	return text, err
}
