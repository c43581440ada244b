package machine

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"
)

// Limits of QEMU's monitor.
const (
	monitorTimeout = 5 * time.Second // for one command
	monitorLineMax = 1 << 20         // bytes
)

// monitor is QEMU's monitor in JSON (QMP): one command a line, one answer a line, and events
// between them.
type monitor struct {
	conn    net.Conn
	answers chan error    // one for each command
	closed  chan struct{} // QEMU has ended
}

// message is what QEMU says.
type message struct {
	Return json.RawMessage `json:"return"`
	Error  *struct {
		Desc string `json:"desc"`
	} `json:"error"`
	Event string `json:"event"`
}

// serve talks with QEMU's monitor until the machine ends.
func (m *Machine) serve() {
	conn, err := m.listener.Accept()
	if err != nil {
		return // the machine has ended
	}
	defer conn.Close()
	q := &monitor{conn: conn, answers: make(chan error, 1), closed: make(chan struct{})}
	defer close(q.closed)
	fmt.Fprintln(conn, `{"execute": "qmp_capabilities"}`)
	in := bufio.NewScanner(conn)
	in.Buffer(nil, monitorLineMax)
	open := false
	for in.Scan() {
		var said message
		if json.Unmarshal(in.Bytes(), &said) != nil {
			continue
		}
		var answer error
		switch {
		case said.Event == "STOP" && m.paused.Load():
			continue
		case said.Event == "STOP":
			// Nobody has stopped it: the processor did not know how to go on.
			m.fail("the processor's virtualisation gave up")
			continue
		case said.Error != nil:
			answer = errors.New(said.Error.Desc)
		case said.Return == nil:
			continue // the greeting, another event
		}
		if !open {
			open = true
			m.qmp <- q
			continue
		}
		select {
		case q.answers <- answer:
		default: // nobody waits any more
		}
	}
}

// do gives a command and waits for the answer.
func (q *monitor) do(command string) error {
	select {
	case <-q.answers: // of a command that nobody waited for
	default:
	}
	q.conn.SetWriteDeadline(time.Now().Add(monitorTimeout))
	if _, err := fmt.Fprintf(q.conn, "{\"execute\": %q}\n", command); err != nil {
		return fmt.Errorf("machine: %s: %w", command, err)
	}
	select {
	case err := <-q.answers:
		if err != nil {
			return fmt.Errorf("machine: %s: %w", command, err)
		}
		return nil
	case <-q.closed:
		return errQuicker
	case <-time.After(monitorTimeout):
		return fmt.Errorf("machine: %s: QEMU does not answer", command)
	}
}

// ErrEnded says that a machine has ended already.
var ErrEnded = errors.New("machine: it has ended")

// errQuicker says that the machine ended before QEMU's answer came.
var errQuicker = fmt.Errorf("%w before the answer", ErrEnded)

// Interrupt raises an NMI: the kernel says on the console where the machine is, and ends it. It is
// for a machine that hangs.
func (m *Machine) Interrupt() error {
	err := m.command("inject-nmi")
	if errors.Is(err, errQuicker) {
		return nil
	}
	return err
}

// Pause holds the machine's processor until Resume. The watchdog waits as long.
func (m *Machine) Pause() error {
	m.paused.Store(true)
	err := m.command("stop")
	if err != nil {
		m.paused.Store(false)
	}
	return err
}

// Resume lets a machine go on that was paused.
func (m *Machine) Resume() error {
	err := m.command("cont")
	m.paused.Store(false)
	return err
}

// command gives a command to QEMU's monitor. The error is [ErrEnded] if the machine has ended.
func (m *Machine) command(command string) error {
	select {
	case q := <-m.qmp:
		defer func() { m.qmp <- q }()
		return q.do(command)
	case <-m.done:
		return ErrEnded
	case <-time.After(monitorTimeout):
		return errors.New("machine: QEMU does not open its monitor")
	}
}
