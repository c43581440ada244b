// System is a program with an entropy.System under crypto/rand, for the tests of package overlay.
// It shakes hands over TLS while its sources die: one before the client's hello, which waits until
// the system has noticed, the other before the server's. It prints one JSON object.
package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/overlay"
)

// result is what is printed.
type result struct {
	Before   overlay.Status // before the handshake
	After    overlay.Status
	Drawn    int64             // bytes of the stream
	States   map[string]string // of the sources, in the end
	Failures map[string]uint64
	Version  uint16 // of TLS
}

var errDead = errors.New("dead")

// source is good until it dies.
type source struct {
	name   string
	mu     sync.Mutex
	stream *mathrand.ChaCha8
	dead   atomic.Bool
}

func (s *source) Spec() entropy.Spec {
	return entropy.Spec{Name: s.name, Kind: entropy.Noise, SymbolBits: 8, Claim: health.Claim(4000)}
}

func (s *source) Sample(_ context.Context, raw []byte) (int, error) {
	if s.dead.Load() {
		return 0, errDead
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stream.Read(raw)
}

// killer kills a source before the first byte is written.
type killer struct {
	net.Conn
	once *sync.Once
	kill func()
}

func (k killer) Write(p []byte) (int, error) {
	k.once.Do(k.kill)
	return k.Conn.Write(p)
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "system:", err)
		os.Exit(1)
	}
}

func run() error {
	a := &source{name: "a", stream: mathrand.NewChaCha8([32]byte{1})}
	b := &source{name: "b", stream: mathrand.NewChaCha8([32]byte{2})}
	system, err := entropy.New(entropy.Config{
		Sources:        []entropy.Source{a, b},
		ReseedInterval: time.Millisecond, // so that a dead source is missed at once
	})
	if err != nil {
		return err
	}
	defer system.Close()
	var r result
	var drawn atomic.Int64
	stream := system.Stream("crypto/rand")
	if err := overlay.Install(func(p []byte) {
		if _, err := stream.Read(p); err != nil {
			panic(err)
		}
		drawn.Add(int64(len(p)))
	}); err != nil {
		return err
	}
	rand.Read(make([]byte, 1)) // waits until the system is ready
	r.Before = overlay.Report()

	dies := func() {
		a.dead.Store(true)
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			if status(system, "a").Failures > 0 {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	if r.Version, err = handshake(dies, func() { b.dead.Store(true) }); err != nil {
		return err
	}
	r.After, r.Drawn = overlay.Report(), drawn.Load()
	r.States, r.Failures = map[string]string{}, map[string]uint64{}
	for _, s := range system.Status().Sources {
		r.States[s.Name], r.Failures[s.Name] = s.State, s.Failures
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}

func status(s *entropy.System, name string) entropy.SourceStatus {
	for _, source := range s.Status().Sources {
		if source.Name == name {
			return source
		}
	}
	return entropy.SourceStatus{}
}

// handshake makes a TLS 1.3 connection whose ends do something before they first write.
func handshake(client, server func()) (version uint16, err error) {
	public, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		return 0, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"server"}}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		return 0, err
	}
	a, b := net.Pipe()
	s := tls.Server(killer{b, &sync.Once{}, server}, &tls.Config{Certificates: []tls.Certificate{
		{Certificate: [][]byte{cert}, PrivateKey: key},
	}})
	failed := make(chan error, 1)
	go func() { failed <- s.HandshakeContext(context.Background()) }()
	c := tls.Client(killer{a, &sync.Once{}, client}, &tls.Config{InsecureSkipVerify: true})
	if err := c.HandshakeContext(context.Background()); err != nil {
		return 0, err
	}
	go c.Read(make([]byte, 1)) // takes the session tickets
	return c.ConnectionState().Version, <-failed
}
