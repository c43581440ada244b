package main

import (
	"bytes"
	"io"
	"log/slog"
	"sync"
)

// consoleLineMax is how long a line of one of several consoles may grow before it is shown, in
// bytes.
const consoleLineMax = 4096

// console shows what a machine says. One of several shows whole lines, each with its name.
type console struct {
	lock *sync.Mutex // of all that go to the same place
	to   io.Writer
	name string // before each line; empty: bytes are shown as they come
	said bool
	line []byte
	log  *slog.Logger // has each line, too; nil: none
}

// Write shows bytes, or the lines that they complete.
func (c *console) Write(b []byte) (int, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.said = true
	if c.name == "" && c.log == nil {
		return c.to.Write(b)
	}
	for rest := b; len(rest) > 0; {
		n := bytes.IndexByte(rest, '\n') + 1
		if n == 0 {
			n = len(rest)
		}
		c.line = append(c.line, rest[:n]...)
		rest = rest[n:]
		if len(c.line) < consoleLineMax && !bytes.HasSuffix(c.line, []byte("\n")) {
			continue
		}
		if err := c.show(); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// show writes the line so far.
func (c *console) show() error {
	if len(c.line) == 0 {
		return nil
	}
	if c.line[len(c.line)-1] != '\n' {
		c.line = append(c.line, '\n')
	}
	if c.log != nil {
		c.log.Info(string(bytes.TrimRight(c.line, "\n")))
	}
	_, err := c.to.Write(append([]byte(c.name), c.line...))
	c.line = c.line[:0]
	return err
}

// end shows what is left.
func (c *console) end() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.show() // who does not read it will not read the error either
}

// locked is written to by one at a time.
type locked struct {
	lock *sync.Mutex
	to   io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.to.Write(b)
}
