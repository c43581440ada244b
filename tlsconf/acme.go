package tlsconf

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME is a service's account with a certificate authority that issues to whoever can be reached
// under a name, such as Let's Encrypt (RFC 8555). Names are proven within TLS itself, on port 443
// (TLS-ALPN-01, RFC 8737): nothing else needs to listen. Who uses it accepts the authority's terms.
type ACME struct {
	Hosts []string // the service's names, in ASCII; no other name gets a certificate
	Email string   // where the authority writes to; may be empty

	// Cache keeps account and certificates from run to run: autocert.DirCache, or a store of one's
	// own. With nil they are kept in memory, and as every restart orders anew, the authority's rate
	// limits will be reached.
	Cache autocert.Cache

	Directory string       // the authority's URL; empty: Let's Encrypt
	Client    *http.Client // how it is reached; nil: http.DefaultClient, on the kernel's sockets
}

// Server returns a configuration for a server that orders a certificate when it is first asked
// for, and renews it in time. The first handshake takes as long as that does, some seconds; with c
// nil, nobody tells of copies. The error says what is wrong with Hosts.
//
// NextProtos is "h2", "http/1.1" and what RFC 8737 needs, "acme-tls/1": other protocols are put
// before that.
func (a ACME) Server(c Clones) (*tls.Config, error) {
	if len(a.Hosts) == 0 {
		return nil, errors.New("tlsconf: ACME needs the names of the service in Hosts")
	}
	o := &orders{turn: make(chan struct{}, 1), served: map[string]*atomic.Bool{}}
	for _, h := range a.Hosts {
		if !strings.Contains(strings.Trim(h, "."), ".") || strings.ContainsAny(h, "*:/ ") {
			return nil, fmt.Errorf("tlsconf: ACME gets no certificate for %q: "+
				"a whole name is needed, such as www.example.org", h)
		}
		o.served[canonical(h)] = new(atomic.Bool)
	}
	client := &acme.Client{DirectoryURL: a.Directory, HTTPClient: aheadOfNonces(a.Client)}
	if a.Directory == "" {
		client.DirectoryURL = autocert.DefaultACMEDirectory
	}
	o.manager = &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      a.Cache,
		HostPolicy: autocert.HostWhitelist(a.Hosts...),
		Email:      a.Email,
		Client:     client,
	}
	config := server(c)
	config.GetCertificate = o.certificate
	config.NextProtos = []string{"h2", "http/1.1", acme.ALPNProto}
	return config, nil
}

// orders finds certificates for handshakes.
type orders struct {
	manager *autocert.Manager
	turn    chan struct{}           // full while a certificate is ordered
	served  map[string]*atomic.Bool // by name: whether there has been a certificate
}

// certificate is a tls.Config.GetCertificate.
//
// Handshakes that need an order take turns. The manager would make them wait by a mutex: without
// regard for the end of a handshake, and in a lab's virtual time, which does not pass while anybody
// waits for a mutex, for ever.
func (o *orders) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto {
		return o.manager.GetCertificate(hello) // the authority's visit, amid an order
	}
	served := o.served[canonical(hello.ServerName)]
	if served == nil {
		return nil, fmt.Errorf("tlsconf: %q is not a name of this service", hello.ServerName)
	}
	if !served.Load() {
		select {
		case o.turn <- struct{}{}:
			defer func() { <-o.turn }()
		case <-hello.Context().Done():
			return nil, fmt.Errorf("tlsconf: wait for certificate: %w", hello.Context().Err())
		}
	}
	// The manager takes a client for one that knows ECDSA if it offers a TLS 1.2 suite with that,
	// and would order an RSA certificate for all others. The suites of TLS 1.3 do not say (RFC
	// 8446 §4.2.3: signature_algorithms does, which the manager looks at as well).
	ours := *hello
	ours.CipherSuites = append(ours.CipherSuites[:len(ours.CipherSuites):len(ours.CipherSuites)],
		tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)
	cert, err := o.manager.GetCertificate(&ours)
	if err == nil {
		served.Store(true)
	}
	return cert, err
}

// canonical returns a host's name as it is compared.
func canonical(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }
