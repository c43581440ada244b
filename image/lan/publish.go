package lan

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Limits of a published port.
const (
	ConnectionsMax = 4096             // at a time; more wait until one ends
	AnswerWait     = 10 * time.Second // for a machine that does not listen yet
	retryAfter     = 10 * time.Millisecond
	attemptMin     = 50 * time.Millisecond // the first attempt; each other may take twice as long
)

// Published is a port of the host that leads to one of a machine.
type Published struct {
	Addr net.Addr // on the host

	dialOnce func(context.Context) (net.Conn, error)
	patience time.Duration
	listener net.Listener
	ctx      context.Context
	cancel   context.CancelFunc
	slots    chan struct{}
	done     sync.WaitGroup

	answered chan struct{} // closed when the machine has first taken a connection
	once     sync.Once
}

// Publish lets connections to an address of the host, such as "127.0.0.1:8080", come out at a port
// of a machine. One that comes before the machine listens waits for AnswerWait at most.
func (l *LAN) Publish(at string, to netip.AddrPort) (*Published, error) {
	p, err := Publish(at, attemptMin, func(ctx context.Context) (net.Conn, error) {
		return l.gateway.DialContext(ctx, "tcp", to.String())
	})
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ports = append(l.ports, p)
	return p, nil
}

// Publish lets connections to an address of the host come out where dial leads: at a connection
// that can end in one direction, as those of host.Host. One attempt may take as long as patience,
// which a network with delay or loss needs; a machine that is not there yet is found the later.
func Publish(at string, patience time.Duration,
	dial func(context.Context) (net.Conn, error)) (*Published, error) {
	listener, err := net.Listen("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("lan: publish a port: %w", err)
	}
	p := &Published{Addr: listener.Addr(), dialOnce: dial, patience: patience,
		listener: listener, slots: make(chan struct{}, ConnectionsMax), answered: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.done.Add(1)
	go p.accept()
	return p, nil
}

// Probe connects to the machine until it takes a connection, or ctx ends.
func (p *Published) Probe(ctx context.Context) error {
	conn, err := p.dial(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

func (p *Published) accept() {
	defer p.done.Done()
	for {
		p.slots <- struct{}{}
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.done.Add(1)
		go func() {
			defer p.done.Done()
			p.serve(conn.(*net.TCPConn))
			<-p.slots
		}()
	}
}

// serve joins a connection with one to the machine.
func (p *Published) serve(from *net.TCPConn) {
	defer from.Close()
	ctx, cancel := context.WithTimeout(p.ctx, AnswerWait)
	to, err := p.dial(ctx)
	cancel()
	if err != nil {
		from.SetLinger(0) // a reset says that there is nobody
		return
	}
	defer to.Close()
	stop := context.AfterFunc(p.ctx, func() { from.Close(); to.Close() })
	defer stop()
	back := make(chan struct{})
	go func() {
		defer close(back)
		pass(from, to)
	}()
	pass(to, from)
	<-back
}

// halfCloser is a connection of which one direction can end.
type halfCloser interface {
	net.Conn
	CloseWrite() error
}

// pass copies until from ends, and tells to. What breaks one direction breaks both.
func pass(to, from halfCloser) {
	if _, err := io.Copy(to, from); err != nil {
		to.Close()
		from.Close()
		return
	}
	to.CloseWrite()
}

// dial connects to the machine. While that refuses, or does not answer, it is tried again.
func (p *Published) dial(ctx context.Context) (halfCloser, error) {
	for wait := min(attemptMin, p.patience); ; wait = min(2*wait, p.patience) {
		attempt, cancel := context.WithTimeout(ctx, wait)
		conn, err := p.dialOnce(attempt)
		cancel()
		if err == nil {
			p.once.Do(func() { close(p.answered) })
			return conn.(halfCloser), nil
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(retryAfter):
		}
	}
}

// Answered is closed when the machine has first taken a connection.
func (p *Published) Answered() <-chan struct{} { return p.answered }

// Close takes the port back and ends its connections.
func (p *Published) Close() error {
	p.cancel()
	err := p.listener.Close()
	p.done.Wait()
	return err
}
