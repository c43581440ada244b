package machine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// monitor is QEMU's monitor in JSON (QMP): one command a line, one answer a line, and events
// between them.
type monitor struct {
	conn net.Conn
	in   *bufio.Scanner
}

// Limits of the monitor.
const (
	monitorTimeout   = 5 * time.Second // for one command
	monitorLineMax   = 1 << 20         // bytes
	monitorEventsMax = 1000            // that come before an answer
)

// accept waits until QEMU connects.
func (m *Machine) accept() {
	conn, err := m.monitor.Accept()
	if err != nil {
		return // the machine has ended
	}
	q := &monitor{conn: conn, in: bufio.NewScanner(conn)}
	q.in.Buffer(nil, monitorLineMax)
	conn.SetDeadline(time.Now().Add(monitorTimeout))
	if !q.in.Scan() { // its greeting
		conn.Close()
		return
	}
	if err := q.do("qmp_capabilities"); err != nil {
		conn.Close()
		return
	}
	m.qmp <- q
}

// do gives a command and waits for the answer.
func (q *monitor) do(command string) error {
	q.conn.SetDeadline(time.Now().Add(monitorTimeout))
	if _, err := fmt.Fprintf(q.conn, "{\"execute\": %q}\n", command); err != nil {
		return fmt.Errorf("machine: %s: %w", command, err)
	}
	for range monitorEventsMax {
		if !q.in.Scan() {
			return fmt.Errorf("machine: %s: the monitor has closed", command)
		}
		var answer struct {
			Return json.RawMessage `json:"return"`
			Error  *struct {
				Desc string `json:"desc"`
			} `json:"error"`
		}
		if err := json.Unmarshal(q.in.Bytes(), &answer); err != nil {
			return fmt.Errorf("machine: %s: read the answer: %w", command, err)
		}
		switch {
		case answer.Error != nil:
			return fmt.Errorf("machine: %s: %s", command, answer.Error.Desc)
		case answer.Return != nil:
			return nil
		}
	}
	return fmt.Errorf("machine: %s: only events come", command)
}

// ErrEnded says that a machine has ended already.
var ErrEnded = errors.New("machine: it has ended")

// Interrupt raises an NMI: the kernel says on the console where the machine is, and ends it. It is
// for a machine that hangs.
func (m *Machine) Interrupt() error {
	select {
	case q := <-m.qmp:
		defer func() { m.qmp <- q }()
		return q.do("inject-nmi")
	case <-m.done:
		return ErrEnded
	case <-time.After(monitorTimeout):
		return errors.New("machine: QEMU does not open its monitor")
	}
}
