package tlsconf

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
)

// authority is a certificate authority with as much of RFC 8555 as autocert asks for. It looks at
// what is demanded, not at who signed the demand: one account is all it has.
type authority struct {
	url  string // of itself, without a slash at the end
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
	life time.Duration // of the certificates
	key  ed25519.PrivateKey
	root *x509.Certificate

	mu         sync.Mutex
	thumbprint string // of the account's key
	nonces     int
	orders     []*order
}

// order is an order, its one authorization and its one challenge.
type order struct {
	host   string
	token  string
	proven string // pending, valid or invalid
	chain  []byte // PEM, once issued
	kind   x509.PublicKeyAlgorithm
}

func newAuthority(url string, life time.Duration) *authority {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "test authority"},
		NotBefore:             time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	root, _ := x509.ParseCertificate(der)
	return &authority{url: url, life: life, key: key, root: root}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	return pool
}

// issued returns the hosts and kinds of key of all orders that came to an end.
func (a *authority) issued() (list []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.orders {
		if o.chain != nil {
			list = append(list, o.host+" "+o.kind.String())
		}
	}
	return list
}

// demand is the part of a JWS that is looked at (RFC 8555 §6.2).
type demand struct {
	protected struct {
		JWK *struct{ X, Y string }
	}
	payload struct {
		Identifiers []struct{ Value string }
		CSR         string
	}
}

func parseDemand(r *http.Request) (d demand, err error) {
	var jws struct{ Protected, Payload string }
	if err = json.NewDecoder(r.Body).Decode(&jws); err != nil {
		return d, err
	}
	for _, part := range []struct {
		text string
		into any
	}{{jws.Protected, &d.protected}, {jws.Payload, &d.payload}} {
		text, err := base64.RawURLEncoding.DecodeString(part.text)
		if err != nil {
			return d, err
		}
		if len(text) > 0 { // else a POST-as-GET
			if err := json.Unmarshal(text, part.into); err != nil {
				return d, err
			}
		}
	}
	return d, nil
}

// ServeHTTP answers at /directory, and at /KIND/NUMBER for what belongs to one order.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.nonces++
	w.Header().Set("Replay-Nonce", fmt.Sprint("nonce", a.nonces))
	kind, number, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var d demand
	if r.Method == "POST" {
		var err error
		if d, err = parseDemand(r); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	switch kind {
	case "directory":
		a.answer(w, http.StatusOK, map[string]string{
			"newNonce": a.url + "/nonce", "newAccount": a.url + "/account",
			"newOrder": a.url + "/order",
		})
		return
	case "nonce":
		return
	case "account":
		a.register(d)
		w.Header().Set("Location", a.url+"/account/0")
		a.answer(w, http.StatusCreated, map[string]string{"status": "valid"})
		return
	case "order":
		if number == "" {
			number = fmt.Sprint(len(a.orders))
			host := d.payload.Identifiers[0].Value
			a.orders = append(a.orders,
				&order{host: host, token: "token" + number, proven: acme.StatusPending})
			w.Header().Set("Location", a.url+"/order/"+number)
			a.answer(w, http.StatusCreated, a.order(len(a.orders)-1))
			return
		}
	}
	n := 0
	if _, err := fmt.Sscan(number, &n); err != nil || n < 0 || n >= len(a.orders) {
		http.NotFound(w, r)
		return
	}
	a.serveOrder(w, kind, n, d)
}

// serveOrder answers what is about one order. The lock is held.
func (a *authority) serveOrder(w http.ResponseWriter, kind string, n int, d demand) {
	o := a.orders[n]
	switch kind {
	case "challenge":
		go a.visit(o)
	case "finalize":
		if err := a.issue(o, n, d.payload.CSR); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
	}
	switch kind {
	case "authorization":
		a.answer(w, http.StatusOK, map[string]any{
			"status":     o.proven,
			"identifier": map[string]string{"type": "dns", "value": o.host},
			"challenges": []any{a.challenge(n)},
		})
	case "challenge":
		a.answer(w, http.StatusOK, a.challenge(n))
	case "certificate":
		w.Write(o.chain)
	default:
		w.Header().Set("Location", fmt.Sprint(a.url, "/order/", n))
		a.answer(w, http.StatusOK, a.order(n))
	}
}

func (a *authority) answer(w http.ResponseWriter, code int, body any) {
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(body)
}

// register takes the account's key, which challenges are proven with (RFC 8555 §8.1).
func (a *authority) register(d demand) {
	if d.protected.JWK == nil {
		return
	}
	x, _ := base64.RawURLEncoding.DecodeString(d.protected.JWK.X)
	y, _ := base64.RawURLEncoding.DecodeString(d.protected.JWK.Y)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err == nil {
		a.thumbprint, _ = acme.JWKThumbprint(key)
	}
}

func (a *authority) order(n int) map[string]any {
	o, status := a.orders[n], acme.StatusPending
	switch {
	case o.chain != nil:
		status = acme.StatusValid
	case o.proven == acme.StatusValid:
		status = acme.StatusReady
	case o.proven == acme.StatusInvalid:
		status = acme.StatusInvalid
	}
	body := map[string]any{
		"status":         status,
		"identifiers":    []any{map[string]string{"type": "dns", "value": o.host}},
		"authorizations": []string{fmt.Sprint(a.url, "/authorization/", n)},
		"finalize":       fmt.Sprint(a.url, "/finalize/", n),
	}
	if o.chain != nil {
		body["certificate"] = fmt.Sprint(a.url, "/certificate/", n)
	}
	return body
}

func (a *authority) challenge(n int) map[string]string {
	return map[string]string{
		"type": "tls-alpn-01", "url": fmt.Sprint(a.url, "/challenge/", n),
		"token": a.orders[n].token, "status": a.orders[n].proven,
	}
}

// visit looks whether the host can prove its name (RFC 8737 §3).
func (a *authority) visit(o *order) {
	a.mu.Lock()
	want := sha256.Sum256([]byte(o.token + "." + a.thumbprint))
	a.mu.Unlock()
	d := &Dialer{Dial: a.dial, Config: &tls.Config{
		NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true,
	}}
	proven := acme.StatusInvalid
	if c, err := d.DialContext(context.Background(), "tcp", o.host+":443"); err == nil {
		state := c.(*tls.Conn).ConnectionState()
		for _, e := range state.PeerCertificates[0].Extensions {
			var digest []byte
			_, err := asn1.Unmarshal(e.Value, &digest)
			identifier := e.Id.String() == "1.3.6.1.5.5.7.1.31"
			if identifier && e.Critical && err == nil && bytes.Equal(digest, want[:]) &&
				state.NegotiatedProtocol == acme.ALPNProto {
				proven = acme.StatusValid
			}
		}
		c.Close()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	o.proven = proven
}

// issue signs what a certificate signing request asks for, if its host is proven.
func (a *authority) issue(o *order, n int, text string) error {
	der, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	request, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return err
	}
	if o.proven != acme.StatusValid || !slices.Equal(request.DNSNames, []string{o.host}) {
		return fmt.Errorf("%v is not proven", request.DNSNames)
	}
	cert, err := x509.CreateCertificate(nil, &x509.Certificate{
		SerialNumber: big.NewInt(int64(n) + 2),
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(a.life),
		DNSNames:     request.DNSNames,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.root, request.PublicKey, a.key)
	if err != nil {
		return err
	}
	o.kind = request.PublicKeyAlgorithm
	for _, der := range [][]byte{cert, a.root.Raw} {
		o.chain = append(o.chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return nil
}
