// Keys makes a key of each kind and counts what each drew from the installed generator, for the
// tests of package overlay. It prints one JSON object.
//
//	keys                  the generator is a ChaCha8 of a fixed seed
//	keys seed TEXT        it has another seed
//	keys early            two draws come before Install
//	keys refused          only crypto/rand is drawn from, as Install is refused
package main

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"

	"github.com/atoll-os/atoll/entropy/overlay"
)

// result is what is printed.
type result struct {
	Install string         // the error of Install, empty if none
	Status  overlay.Status // at the end
	Draws   map[string]int // of the installed generator, by kind of key
	Bytes   map[string]int
	Keys    string  // SHA-256 of all that was made
	Allocs  float64 // of a crypto/rand.Read of 32 bytes on the stack
}

// generator counts what is drawn from a seeded stream.
type generator struct {
	mu           sync.Mutex
	stream       *mathrand.ChaCha8
	draws, bytes int
}

func (g *generator) read(b []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stream.Read(b)
	g.draws++
	g.bytes += len(b)
}

func (g *generator) counts() (draws, bytes int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.draws, g.bytes
}

func main() {
	mode, seed := "", "atoll"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	if mode == "seed" {
		seed = os.Args[2]
	}
	if mode == "early" {
		rand.Text()
		rand.Text()
	}
	g := &generator{stream: mathrand.NewChaCha8(sha256.Sum256([]byte(seed)))}
	r := result{Draws: map[string]int{}, Bytes: map[string]int{}}
	if err := overlay.Install(g.read); err != nil {
		r.Install = err.Error()
	} else if err := overlay.Install(func([]byte) { panic("second generator") }); err == nil {
		r.Install = "a second Install is not refused"
	}
	if mode == "refused" || mode == "early" {
		kinds = kinds[:1]
	}
	keys := sha256.New()
	for _, k := range kinds {
		draws, bytes := g.counts()
		k.make(keys)
		r.Draws[k.name], r.Bytes[k.name] = g.counts()
		r.Draws[k.name] -= draws
		r.Bytes[k.name] -= bytes
	}
	r.Keys, r.Allocs, r.Status = hex.EncodeToString(keys.Sum(nil)), allocs(), overlay.Report()
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fail(err)
	}
}

// allocs returns how often a draw allocates.
func allocs() float64 {
	const draws = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range draws {
		var b [32]byte
		rand.Read(b[:])
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / draws
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "keys:", err)
	os.Exit(1)
}

func must[T any](v T, err error) T {
	if err != nil {
		fail(err)
	}
	return v
}

// kinds are the ways to draw. The reader that some of them take is one that would be noticed.
var kinds = []struct {
	name string
	make func(h hash.Hash)
}{
	{"rand.Read", func(h hash.Hash) {
		b := make([]byte, 100_000)
		rand.Read(b)
		h.Write(b)
	}},
	{"rand.Reader", func(h hash.Hash) {
		b := make([]byte, 32)
		must(rand.Reader.Read(b))
		h.Write(b)
	}},
	{"rand.Int", func(h hash.Hash) {
		h.Write(must(rand.Int(rand.Reader, big.NewInt(1<<62))).Bytes())
	}},
	{"X25519", func(h hash.Hash) { h.Write(must(ecdh.X25519().GenerateKey(zero{})).Bytes()) }},
	{"P-256", func(h hash.Hash) { h.Write(must(ecdh.P256().GenerateKey(zero{})).Bytes()) }},
	{"ECDSA", func(h hash.Hash) {
		key := must(ecdsa.GenerateKey(elliptic.P256(), zero{}))
		h.Write(must(x509.MarshalECPrivateKey(key)))
	}},
	{"ECDSA signature", func(h hash.Hash) {
		key := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{1}, 32)))
		h.Write(must(ecdsa.SignASN1(zero{}, key, make([]byte, 32))))
	}},
	{"Ed25519", func(h hash.Hash) {
		_, key, err := ed25519.GenerateKey(nil)
		h.Write(must(key, err))
	}},
	{"ML-KEM-768", func(h hash.Hash) { h.Write(must(mlkem.GenerateKey768()).Bytes()) }},
	{"RSA-2048", func(h hash.Hash) {
		h.Write(x509.MarshalPKCS1PrivateKey(must(rsa.GenerateKey(zero{}, 2048))))
	}},
	{"TLS handshake", handshake},
}

// zero is a reader whose keys would all be the same. Go takes no notice of it.
type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// recorder hashes what a client sends.
type recorder struct {
	net.Conn
	h hash.Hash
}

func (r recorder) Write(b []byte) (int, error) {
	r.h.Write(b)
	return r.Conn.Write(b)
}

// handshake makes a TLS 1.3 connection through a pipe; only one end acts at a time.
func handshake(h hash.Hash) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"server"}}
	cert := must(x509.CreateCertificate(nil, template, template, key.Public(), key))
	a, b := net.Pipe()
	server := tls.Server(b, &tls.Config{Certificates: []tls.Certificate{
		{Certificate: [][]byte{cert}, PrivateKey: key},
	}})
	failed := make(chan error, 1)
	go func() { failed <- server.HandshakeContext(context.Background()) }()
	client := tls.Client(recorder{a, h}, &tls.Config{InsecureSkipVerify: true})
	go client.Read(make([]byte, 1)) // takes the session tickets
	if err := client.HandshakeContext(context.Background()); err != nil {
		fail(err)
	}
	if err := <-failed; err != nil {
		fail(err)
	}
	a.Close()
}
