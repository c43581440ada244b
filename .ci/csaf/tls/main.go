// Tls speaks HTTPS on port 443 of the loopback address for a server behind it that speaks HTTP, as
// a proxy of the real world does. It makes a certificate for localhost, and writes it to a file for
// the clients to trust.
//
//	tls BACKEND CERTIFICATE   # then: a line "serving"
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: tls BACKEND CERTIFICATE")
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("tls: ", err)
	}
}

func serve(backend, trusted string) error {
	to, err := url.Parse(backend)
	if err != nil {
		return err
	}
	certificate, err := makeCertificate(trusted)
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:443",
		&tls.Config{Certificates: []tls.Certificate{*certificate}})
	if err != nil {
		return err
	}
	fmt.Println("serving")
	return http.Serve(l, httputil.NewSingleHostReverseProxy(to))
}

func makeCertificate(trusted string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{SerialNumber: big.NewInt(now.Unix()), IsCA: true,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		DNSNames: []string{"localhost"}, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(trusted, text, 0o600); err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
