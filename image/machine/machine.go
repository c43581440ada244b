package machine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// stderrBytesMax bounds what is kept of what QEMU says.
const stderrBytesMax = 16 << 10

// Machine is a machine that runs.
type Machine struct {
	kind     Kind
	cmd      *exec.Cmd
	dir      string
	listener net.Listener  // for QEMU's monitor
	qmp      chan *monitor // has it once QEMU has connected
	control  control
	console  plain
	stderr   bounded
	killed   atomic.Pointer[Exit] // what we ended it for
	paused   atomic.Bool
	isReady  sync.Once
	ready    chan struct{} // closed when the program can be used
	done     chan struct{} // closed when it has ended
	exit     Exit
	started  time.Time
	took     time.Duration
}

// Start starts a machine whose console goes to console, which is written to by one goroutine. When
// ctx ends, the machine is killed.
func (h *Hypervisor) Start(ctx context.Context, c *Config, console io.Writer) (*Machine, error) {
	if err := h.Check(c); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "atoll-") // readable by its owner only
	if err != nil {
		return nil, fmt.Errorf("machine: make a directory: %w", err)
	}
	m := &Machine{kind: h.Kind, dir: dir, ready: make(chan struct{}), done: make(chan struct{}),
		qmp: make(chan *monitor, 1)}
	if err := m.start(ctx, h, c, console); err != nil {
		m.clean()
		return nil, err
	}
	return m, nil
}

func (m *Machine) start(ctx context.Context, h *Hypervisor, c *Config, console io.Writer) error {
	for name, text := range h.files(c) {
		if err := os.WriteFile(filepath.Join(m.dir, name), text, 0o600); err != nil {
			return fmt.Errorf("machine: write what it is given: %w", err)
		}
	}
	if err := m.listen(h, c); err != nil {
		return err
	}
	line := h.Command(c, m.dir)
	m.cmd = exec.Command(line[0], line[1:]...)
	separate(m.cmd)
	m.console.to = console
	m.cmd.Stdout, m.cmd.Stderr = &m.console, &m.stderr
	m.started = time.Now()
	if err := m.cmd.Start(); err != nil {
		return fmt.Errorf("machine: start %s: %w", h.Kind, err)
	}
	if m.listener != nil {
		go m.serve()
	}
	if m.control.listener != nil {
		go m.serveControl()
	}
	stop := context.AfterFunc(ctx, func() { m.Kill() })
	go func() {
		defer stop()
		m.wait()
	}()
	return nil
}

// listen makes the sockets that QEMU connects to; others know none.
func (m *Machine) listen(h *Hypervisor, c *Config) (err error) {
	if h.Kind != QEMU {
		return nil
	}
	if m.listener, err = net.Listen("unix", filepath.Join(m.dir, qmpFile)); err != nil {
		return fmt.Errorf("machine: listen for QEMU's monitor: %w", err)
	}
	if c.Replay {
		return nil
	}
	m.control.listener, err = net.Listen("unix", filepath.Join(m.dir, controlFile))
	if err != nil {
		return fmt.Errorf("machine: listen for the control port: %w", err)
	}
	return nil
}

// wait waits until the hypervisor has ended.
func (m *Machine) wait() {
	defer close(m.done)
	err := m.cmd.Wait()
	m.took = time.Since(m.started)
	if status := m.cmd.ProcessState.ExitCode(); m.kind == QEMU {
		m.exit = exitOf(status, m.stderr.String())
	} else {
		m.exit = exitSaid(status, m.console.last(), m.stderr.String())
	}
	var status *exec.ExitError
	switch {
	case m.killed.Load() != nil && m.exit.End != Exited:
		m.exit = *m.killed.Load()
	case err != nil && !errors.As(err, &status):
		m.exit = Exit{End: Failed, Why: "its console: " + err.Error()}
	case m.exit.End == Failed && m.exit.Why == "":
		m.exit.Why = m.cmd.ProcessState.String()
	}
	m.clean()
}

// clean takes away what the machine needed.
func (m *Machine) clean() {
	if m.listener != nil {
		m.listener.Close()
	}
	if m.control.listener != nil {
		m.control.listener.Close()
	}
	os.RemoveAll(m.dir)
}

// Done is closed when the machine has ended.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Wait waits until the machine has ended, and says how, and how long it ran.
func (m *Machine) Wait() (Exit, time.Duration) {
	<-m.done
	return m.exit, m.took
}

// Kill ends the machine as a power cut does. It does not wait.
func (m *Machine) Kill() { m.end(Exit{End: Killed}) }

// fail ends the machine because QEMU cannot go on.
func (m *Machine) fail(why string) { m.end(Exit{End: Failed, Why: why}) }

func (m *Machine) end(e Exit) {
	m.killed.CompareAndSwap(nil, &e)
	m.cmd.Process.Kill() // an error says that it has ended already
}

// Started returns when the hypervisor was started.
func (m *Machine) Started() time.Time { return m.started }

// plain passes on a console with lines that end as on Unix.
type plain struct {
	to   io.Writer
	tail []byte // of what it said
}

// tailBytes is how much of the end of a console is kept.
const tailBytes = 128

func (p *plain) Write(b []byte) (int, error) {
	text := bytes.ReplaceAll(b, []byte("\r"), nil)
	p.tail = append(p.tail, text[max(0, len(text)-tailBytes):]...)
	p.tail = p.tail[max(0, len(p.tail)-tailBytes):]
	if _, err := p.to.Write(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// last returns the last whole line of the console.
func (p *plain) last() string {
	text := strings.TrimSuffix(string(p.tail), "\n")
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// bounded keeps the beginning of what is written to it. One goroutine writes, and who reads does so
// after it has ended.
type bounded struct{ text []byte }

func (b *bounded) Write(p []byte) (int, error) {
	b.text = append(b.text, p[:min(len(p), stderrBytesMax-len(b.text))]...)
	return len(p), nil
}

func (b *bounded) String() string { return strings.TrimSpace(string(b.text)) }
