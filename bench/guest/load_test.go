package guest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// connections ask at once.
const connections = 8

// asker is a connection that stays, and asks for one page again and again.
type asker struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(ctx context.Context, addr string) (*asker, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &asker{conn, bufio.NewReader(conn)}, nil
}

const (
	question = "GET /visitor HTTP/1.1\r\nHost: hello\r\n\r\n"
	answer   = "Hello, visitor!\n"
)

// ask wants the one right answer.
func (a *asker) ask() error {
	if _, err := io.WriteString(a.conn, question); err != nil {
		return err
	}
	resp, err := http.ReadResponse(a.in, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && (resp.StatusCode != http.StatusOK || string(body) != answer) {
		err = fmt.Errorf("status %s, body %q", resp.Status, body)
	}
	return err
}

// first asks until there is an answer: before the machine listens a published port keeps a
// connection for a while, then resets it.
func (g *guest) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	for {
		a, err := dial(ctx, g.addr)
		if err == nil {
			err = a.ask()
			a.conn.Close()
		}
		if err == nil {
			return nil
		}
		select {
		case <-g.done:
			return errors.New("the machine has ended")
		case <-ctx.Done():
			return fmt.Errorf("no answer for %v: %w", answerWait, err)
		default:
		}
	}
}

// load asks over all connections for a time, and returns how many answers there were a second.
func (g *guest) load(ctx context.Context, d time.Duration) (perSecond float64, err error) {
	type result struct {
		answers int
		err     error
	}
	results := make(chan result, connections)
	begun := time.Now()
	for range connections {
		go func() {
			var r result
			defer func() { results <- r }()
			a, err := dial(ctx, g.addr)
			if err != nil {
				r.err = err
				return
			}
			defer a.conn.Close()
			for time.Since(begun) < d && r.err == nil {
				if r.err = a.ask(); r.err == nil {
					r.answers++
				}
			}
		}()
	}
	answers := 0
	for range connections {
		r := <-results
		answers += r.answers
		err = errors.Join(err, r.err)
	}
	return float64(answers) / time.Since(begun).Seconds(), err
}
