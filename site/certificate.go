package site

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"time"

	"github.com/atoll-os/atoll/unikernel"
)

// How long a certificate of the machine's own holds: it is made anew at each start.
const (
	ownBefore = time.Hour // for clocks that are slow
	ownAfter  = 365 * 24 * time.Hour
)

// serialBits is the length of a certificate's number (RFC 5280 §4.1.2.2 allows 159).
const serialBits = 127

// certificate returns what HTTPS is served with: that of the settings, or one of the machine's own
// that is signed by nobody else. The log tells its fingerprint, by which people recognise it.
func (s *settings) certificate(m *unikernel.Machine) (tls.Certificate, error) {
	var cert tls.Certificate
	var err error
	given := s.Certificate != ""
	if given {
		cert, err = tls.X509KeyPair([]byte(s.Certificate), []byte(s.Key))
	} else {
		cert, err = ownCertificate(m)
	}
	if err != nil {
		return cert, fmt.Errorf("site: take the certificate and its key: %w", err)
	}
	leaf := cert.Leaf
	m.Log.Info("certificate", "sha256", fingerprint(leaf), "own", !given,
		"until", leaf.NotAfter.UTC().Format(time.DateOnly))
	if now := time.Now(); now.After(leaf.NotAfter) || now.Before(leaf.NotBefore) {
		m.Log.Warn("the certificate is not valid now", "from", leaf.NotBefore, "until", leaf.NotAfter)
	}
	return cert, nil
}

// ownCertificate makes a key and a certificate for the machine's name and addresses, and for the
// loopback, from which ports are published.
func ownCertificate(m *unikernel.Machine) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), m.Random)
	if err != nil {
		return tls.Certificate{}, err
	}
	number := make([]byte, serialBits/8+1)
	if _, err := io.ReadFull(m.Random, number); err != nil {
		return tls.Certificate{}, err
	}
	number[0] = number[0]>>1 | 1<<6 // positive, and not zero
	now := time.Now()
	about := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(number),
		Subject:      pkix.Name{CommonName: m.Name()},
		NotBefore:    now.Add(-ownBefore),
		NotAfter:     now.Add(ownAfter),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},

		BasicConstraintsValid: true,
	}
	if name := strings.ToLower(m.Name()); hostName(name) {
		about.DNSNames = append(about.DNSNames, name)
	}
	for _, i := range m.Net.Interfaces() {
		for _, a := range i.Addrs {
			if !a.Addr().IsLoopback() {
				about.IPAddresses = append(about.IPAddresses, a.Addr().AsSlice())
			}
		}
	}
	der, err := x509.CreateCertificate(m.Random, about, about, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

// hostName tells whether a machine's name may stand in a certificate.
func hostName(s string) bool {
	return s != "" && s != "localhost" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// fingerprint is the SHA-256 sum of a certificate as browsers and openssl write it.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

// check finds settings that do not go together. A key in the wrong place would be shown.
func (s *settings) check() error {
	switch {
	case s.Listen == "" && s.ListenTLS == "":
		return errors.New("neither listen nor listen-tls says where to serve")
	case s.Rate == 0:
		return errors.New("rate 0 answers nobody: leave it out, or write -1 for no limit")
	case strings.Contains(s.Certificate, "PRIVATE KEY"):
		return errors.New("the setting certificate has a private key in it: give that as key")
	case (s.Certificate == "") != (s.Key == ""):
		return errors.New("certificate and key belong together: give both or none")
	case s.Certificate != "" && s.ListenTLS == "":
		return errors.New("a certificate without listen-tls serves nobody")
	}
	return nil
}
