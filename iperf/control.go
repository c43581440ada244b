package iperf

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// control is the control connection of one test. One goroutine uses it at a time.
type control struct {
	ctx  context.Context
	conn net.Conn
	r    *bufio.Reader
	stop func() // ends the watch over ctx

	heard chan message // from listen
	wg    sync.WaitGroup
}

// message is what next has returned to listen.
type message struct {
	state state
	err   error
}

// longAgo is a deadline that is over in every time, virtual time from the year 2000 included.
var longAgo = time.Unix(1, 0)

// newControl takes over conn. When ctx ends, every read and write that waits returns.
func newControl(ctx context.Context, conn net.Conn) *control {
	if c, ok := conn.(interface{ SetNoDelay(bool) error }); ok {
		c.SetNoDelay(true) // state bytes must not wait for an acknowledgement; a loss is only delay
	}
	c := &control{ctx: ctx, conn: conn, r: bufio.NewReaderSize(conn, 512)}
	done := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		conn.SetDeadline(longAgo)
		close(done)
	})
	c.stop = sync.OnceFunc(func() {
		if !unwatch() {
			<-done // its deadline has been set and cannot come later
		}
	})
	return c
}

// close ends the connection and the goroutine of listen.
func (c *control) close() {
	c.stop()
	c.conn.Close()
	c.wg.Wait()
}

// within gives the next reads or writes d to be done, all time if d is 0, or no time if ctx has
// ended. The check comes after the setting, as the watch over ctx may set its deadline in between.
func (c *control) within(d time.Duration, set func(time.Time) error) {
	var t time.Time // none
	if d > 0 {
		t = time.Now().Add(d)
	}
	set(t)
	if c.ctx.Err() != nil {
		set(longAgo)
	}
}

// failed says in the table's terms why a read or write of the control connection failed. The end
// of ctx comes first, then a peer that went away.
func (c *control) failed(code Code, err error) error {
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Code: CodeClosed}
	}
	return &Error{Code: code, Err: err}
}

func (c *control) write(b []byte) error {
	c.within(controlTimeout, c.conn.SetWriteDeadline)
	if _, err := c.conn.Write(b); err != nil {
		return c.failed(CodeControlWrite, err)
	}
	return nil
}

func (c *control) send(states ...state) error {
	b := make([]byte, len(states))
	for i, s := range states {
		b[i] = byte(s)
	}
	return c.write(b)
}

// farewell sends last bytes although ctx may have ended, and does not mind if they get lost.
func (c *control) farewell(b ...byte) {
	c.stop()
	c.conn.SetWriteDeadline(time.Now().Add(farewellTimeout))
	c.conn.Write(b)
}

// refuse tells a client why its test will not be. Older clients do not know newer codes and print
// their number.
func (c *control) refuse(code Code) {
	b := append(make([]byte, 0, 9), byte(0xfe)) // SERVER_ERROR, -2
	b = binary.BigEndian.AppendUint32(b, uint32(code))
	c.farewell(binary.BigEndian.AppendUint32(b, 0)...)
}

// next reads a state byte, for at most d, or for as long as ctx lasts if d is 0. What ends a test
// from the other side, SERVER_ERROR with its numbers included, is returned as an error.
func (c *control) next(d time.Duration) (state, error) {
	c.within(d, c.conn.SetReadDeadline)
	b, err := c.r.ReadByte()
	if err != nil {
		return 0, c.failed(CodeControlRead, err)
	}
	switch s := state(b); s {
	case accessDenied:
		return s, &Error{Code: CodeBusy, Remote: true}
	case serverTerminate:
		return s, &Error{Code: CodeServerEnded, Remote: true}
	case clientTerminate:
		return s, &Error{Code: CodeClientEnded, Remote: true}
	case serverError:
		var n [8]byte
		c.within(controlTimeout, c.conn.SetReadDeadline)
		if _, err := io.ReadFull(c.r, n[:]); err != nil {
			return s, c.failed(CodeControlRead, err)
		}
		return s, &Error{
			Code:   Code(binary.BigEndian.Uint32(n[:4])),
			Errno:  int32(binary.BigEndian.Uint32(n[4:])),
			Remote: true,
		}
	default:
		return s, nil
	}
}

// expect reads a state byte and fails if it is another than want.
func (c *control) expect(want state) error {
	s, err := c.next(controlTimeout)
	return message{s, err}.want(want)
}

// listen reads one state byte in a goroutine of its own, for as long as it takes, for await to pick
// up. Until then nobody else reads.
func (c *control) listen() {
	c.heard = make(chan message, 1)
	c.wg.Go(func() {
		s, err := c.next(0)
		c.heard <- message{s, err}
	})
}

// await waits for the byte that listen reads and fails if it is another than want.
func (c *control) await(want state) error {
	timer := time.NewTimer(controlTimeout)
	defer timer.Stop()
	select {
	case m := <-c.heard:
		return m.want(want)
	case <-timer.C:
		return fail(CodeControlRead, "no answer for %v", controlTimeout)
	}
}

// want returns why m is not the state wanted.
func (m message) want(want state) error {
	if m.err == nil && m.state != want {
		return fail(CodeMessage, "got %v, want %v", m.state, want)
	}
	return m.err
}

// spoken says whether a message lies ready within d; it is not taken.
func (c *control) spoken(d time.Duration) bool {
	c.within(d, c.conn.SetReadDeadline)
	_, err := c.r.Peek(1)
	return err == nil || !errors.Is(err, os.ErrDeadlineExceeded)
}

// sendJSON sends v as its length, 32 bits big-endian, and its text.
func (c *control) sendJSON(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		panic("iperf: BUG: " + err.Error())
	}
	b := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(text)), uint32(len(text)))
	return c.write(append(b, text...))
}

// receiveJSON reads a text of at most sizeMax bytes into v. Memory grows with what has come, not
// with what was announced.
func (c *control) receiveJSON(v any, sizeMax int, code Code) error {
	var n [4]byte
	c.within(controlTimeout, c.conn.SetReadDeadline)
	if _, err := io.ReadFull(c.r, n[:]); err != nil {
		return c.failed(code, err)
	}
	size := binary.BigEndian.Uint32(n[:])
	if size == 0 || uint64(size) > uint64(sizeMax) {
		return fail(code, "JSON of %d bytes, want 1 to %d", size, sizeMax)
	}
	text, err := io.ReadAll(io.LimitReader(c.r, int64(size)))
	if err == nil && len(text) < int(size) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return c.failed(code, err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fail(code, "%w", err)
	}
	return nil
}
