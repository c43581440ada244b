package bench

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// quic-go runs unchanged on two hosts' UDP sockets, over a link with a delay: several
// streams, each with more bytes than a window holds, come back as they were sent.
func TestQUIC(t *testing.T) {
	n := host.Real(prng.New(1))
	defer n.Close()
	hosts := linkedHosts(n, vnet.Settings{Delay: time.Millisecond, MTU: 1500})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	server, trust := quicServer(t, ctx, hosts[1])
	defer server.Close()

	socket, err := hosts[0].ListenPacket("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	c, err := quic.Dial(ctx, socket, net.UDPAddrFromAddrPort(portOf(1, 443)), trust,
		&quic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseWithError(0, "done")
	const streams, size = 4, 2 << 20
	results := make(chan error, streams)
	for i := range streams {
		go func() { results <- echo(ctx, c, size, uint64(i)) }()
	}
	for range streams {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// echo sends bytes on a new stream and wants them back.
func echo(ctx context.Context, c *quic.Conn, size int, seed uint64) error {
	s, err := c.OpenStreamSync(ctx)
	if err != nil {
		return err
	}
	sent := make([]byte, size)
	prng.New(seed).Read(sent)
	go func() {
		s.Write(sent)
		s.Close()
	}()
	got, err := io.ReadAll(s)
	if err == nil && !bytes.Equal(got, sent) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// quicServer answers every stream with what it says, until it is closed. It returns what a client
// needs to trust it.
func quicServer(t *testing.T, ctx context.Context, h *host.Host) (io.Closer, *tls.Config) {
	t.Helper()
	socket, err := h.ListenPacket("udp", ":443")
	if err != nil {
		t.Fatal(err)
	}
	serve, trust := certificates(t)
	l, err := quic.Listen(socket, serve, &quic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		c, err := l.Accept(ctx)
		for err == nil {
			var s *quic.Stream
			if s, err = c.AcceptStream(ctx); err == nil {
				go func() {
					io.Copy(s, s)
					s.Close()
				}()
			}
		}
	}()
	t.Cleanup(func() { socket.Close() })
	return l, trust
}

// certificates returns a server's TLS configuration and that of a client which trusts it.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(prng.New(1))
	if err != nil {
		t.Fatal(err)
	}
	const name = "server.lab"
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(prng.New(2), template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	protocols := []string{"echo"}
	return &tls.Config{
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}},
			NextProtos:   protocols,
		}, &tls.Config{
			RootCAs: roots, ServerName: name, NextProtos: protocols,
		}
}
