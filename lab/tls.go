package lab

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"time"
)

// authority is the lab's certificate authority. Its keys follow from the seed, dates and serial
// numbers are fixed, and signatures are Ed25519: the same run has the same certificates, and every
// TLS record the same length. Nothing that it signs is worth anything outside the lab.
type authority struct {
	cert *x509.Certificate
	key  ed25519.PrivateKey
}

var (
	certificatesFrom = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	certificatesTo   = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
)

// key returns the private key of that name.
func (l *Lab) key(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	l.rand.Split("key " + name).Read(seed)
	return ed25519.NewKeyFromSeed(seed)
}

func (l *Lab) ca() *authority {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.authority != nil {
		return l.authority
	}
	key := l.key("authority")
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Atoll lab authority"},
		NotBefore:             certificatesFrom,
		NotAfter:              certificatesTo,
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	l.authority = &authority{sign(template, template, key, key), key}
	return l.authority
}

// sign returns the certificate for key's public half, signed by the parent's key.
func sign(t, parent *x509.Certificate, key, signer ed25519.PrivateKey) *x509.Certificate {
	der, err := x509.CreateCertificate(nil, t, parent, key.Public(), signer)
	if err != nil {
		panic(fmt.Sprintf("lab: BUG: sign a certificate: %v", err))
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic(fmt.Sprintf("lab: BUG: parse a certificate: %v", err))
	}
	return cert
}

// CertPool returns a pool with the lab's certificate authority, for tls.Config.RootCAs.
func (l *Lab) CertPool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(l.ca().cert)
	return pool
}

// Certificate returns a certificate for the machine's name and addresses, signed by the lab's
// authority.
func (h *Host) Certificate() tls.Certificate {
	ca := h.lab.ca()
	h.lab.mu.Lock()
	addrs := append(h.addrs[:0:0], h.addrs...)
	h.lab.mu.Unlock()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(h.mac)),
		Subject:      pkix.Name{CommonName: h.Name()},
		NotBefore:    certificatesFrom,
		NotAfter:     certificatesTo,
		DNSNames:     []string{h.Name()},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, a := range addrs {
		template.IPAddresses = append(template.IPAddresses, a.AsSlice())
	}
	key := h.lab.key(h.Name())
	cert := sign(template, ca.cert, key, ca.key)
	return tls.Certificate{
		Certificate: [][]byte{cert.Raw, ca.cert.Raw},
		PrivateKey:  key,
		Leaf:        cert,
	}
}
