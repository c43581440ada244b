// Serve serves the tree of a directory over HTTPS on loopback, as the website's handler serves it,
// for the programs that .ci/advisory-csaf tries it with. It makes a certificate for localhost, and
// writes it to a file for these to trust.
//
//	serve TREE CERTIFICATE   # then: a line "serving"
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
	"os"
	"time"

	"github.com/atoll-os/atoll/advisory/publish"
	"github.com/atoll-os/atoll/site"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: serve TREE CERTIFICATE")
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		log.Fatal("serve: ", err)
	}
}

func serve(tree, trusted string) error {
	files, err := publish.Read(os.DirFS(tree))
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
	return http.Serve(l, site.Handler(files, site.Options{HTTPS: true, Rate: -1}))
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
