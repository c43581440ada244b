package iperf

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/prng"
)

// memLab is a server and a client in a bubble.
type memLab struct {
	net            *memNet
	client, server *memHost
	c              *Client
	s              *Server
	digest         hash.Hash // over all that was sent, with its time and sender

	mu      sync.Mutex
	results []*Result // that the server has observed
	errs    []error
}

// reported returns the results and errors that the server has observed.
func (m *memLab) reported() ([]*Result, []error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.results, m.errs
}

func newMemLab(t *testing.T, seed uint64) *memLab {
	m := &memLab{net: newMemNet(t, 10*time.Millisecond, 10e6), digest: sha256.New()}
	m.client, m.server = m.net.host("10.0.0.1"), m.net.host("10.0.0.2")
	m.net.seen = func(from string, b []byte) {
		fmt.Fprintf(m.digest, "%v %s %d %s", time.Since(m.net.start), from, len(b), b)
	}
	m.c = &Client{Dialer: m.client, Addr: "10.0.0.2:5201", Cookie: prng.New(seed).Split("cookie"),
		Local: Local{Version: "test 1", SystemInfo: "memory"}}
	m.s = &Server{ListenPacket: m.server.ListenPacket,
		Local: Local{Version: "test 1", SystemInfo: "memory"}}
	m.s.Observe = func(e Event) {
		m.mu.Lock()
		defer m.mu.Unlock()
		switch e.Kind {
		case EventEnd:
			m.results = append(m.results, e.Result)
		case EventError:
			m.errs = append(m.errs, e.Err)
		}
	}
	return m
}

// serve runs the server until the test ends.
func (m *memLab) serve(t *testing.T) {
	l := m.server.Listen("10.0.0.2:5201")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v, want nil at the end of ctx", err)
		}
	})
}

// bubble runs f in a bubble with a server that serves.
func bubble(t *testing.T, seed uint64, f func(t *testing.T, m *memLab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMemLab(t, seed)
		m.serve(t)
		f(t, m)
	})
}

// bubbleAlone runs f in a bubble with a client and no server.
func bubbleAlone(t *testing.T, f func(t *testing.T, m *memLab)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, newMemLab(t, 1)) })
}
