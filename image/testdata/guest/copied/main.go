// Command copied is a guest with secrets: a TLS server, which says to each client what its random
// numbers are, how many copies of the machine it found, and what time it is.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/atoll-os/atoll/tlsconf"
	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(serve) }

func serve(ctx context.Context, m *unikernel.Machine) error {
	cert, err := certificate()
	if err != nil {
		return err
	}
	cancel := m.Clones.OnClone(func(generation uint64) {
		fmt.Println("told of copy", generation)
	})
	defer cancel()
	plain, err := m.Net.Listen("tcp", ":443")
	if err != nil {
		return err
	}
	l := &tlsconf.Listener{Listener: plain, Config: tlsconf.Server(cert, m.Clones), Clones: m.Clones}
	context.AfterFunc(ctx, func() { l.Close() })
	fmt.Println("serving")
	for ctx.Err() == nil {
		conn, err := l.Accept()
		if err != nil {
			break
		}
		go func() {
			defer conn.Close()
			var fromKernel, fromMachine [32]byte
			rand.Read(fromKernel[:])
			if _, err := io.ReadFull(m.Random, fromMachine[:]); err != nil {
				return
			}
			fmt.Fprintf(conn, "%x %x %d %d\n", fromKernel, fromMachine, m.Clones.Generation(),
				time.Now().Unix())
		}()
	}
	return ctx.Err()
}

// certificate makes one that nobody has signed but its owner.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"copied.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
