package machine

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// How long a machine may be silent on its control port before the watchdog ends it. One that has
// never answered is still starting.
const (
	PingEvery  = time.Second
	SilenceMax = 10 * time.Second
	StartMax   = 60 * time.Second
)

// control is the line to the kernel: see kernel/virtio.Control.
type control struct {
	listener net.Listener

	mu   sync.Mutex
	conn net.Conn
}

// serveControl asks the kernel again and again whether it is alive, and lets it say where it is
// when it does not answer.
func (m *Machine) serveControl() {
	conn, err := m.control.listener.Accept()
	if err != nil {
		return // the machine has ended
	}
	defer conn.Close()
	m.control.mu.Lock()
	m.control.conn = conn
	m.control.mu.Unlock()
	heard := make(chan struct{}, 1)
	go func() {
		in := bufio.NewReader(conn)
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if string(line) == "ready\n" {
				m.isReady.Do(func() { close(m.ready) })
			}
			select {
			case heard <- struct{}{}:
			default:
			}
		}
	}()
	m.watch(conn, heard, time.NewTicker(PingEvery), StartMax)
}

// watch sends pings and waits for what is heard.
func (m *Machine) watch(conn io.Writer, heard <-chan struct{}, tick *time.Ticker,
	start time.Duration) {
	defer tick.Stop()
	silent, atMost := time.Now(), start
	for {
		select {
		case <-heard:
			silent, atMost = time.Now(), min(start, SilenceMax)
		case <-tick.C:
			if m.paused.Load() {
				silent = time.Now()
				continue
			}
			if time.Since(silent) > atMost {
				if m.Interrupt() != nil {
					m.Kill()
				}
				return
			}
			fmt.Fprintln(conn, "ping") // an error is silence
		case <-m.done:
			return
		}
	}
}

// Ready is closed when the program has said that it can be used. Not every program says it.
func (m *Machine) Ready() <-chan struct{} { return m.ready }

// Stop asks the program to stop, as SIGTERM does, also one that is paused. It does not wait. The
// error is [ErrEnded] if the machine has no ear for it: one that replays, or that has not started
// yet.
func (m *Machine) Stop() error {
	if m.paused.Load() {
		m.Resume() // if it cannot go on, it does not stop, and is killed
	}
	m.control.mu.Lock()
	defer m.control.mu.Unlock()
	if m.control.conn == nil {
		return ErrEnded
	}
	m.control.conn.SetWriteDeadline(time.Now().Add(monitorTimeout))
	defer m.control.conn.SetWriteDeadline(time.Time{}) // the watchdog's pings go on
	if _, err := fmt.Fprintln(m.control.conn, "stop"); err != nil {
		return fmt.Errorf("machine: stop: %w", err)
	}
	return nil
}
