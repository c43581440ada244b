package tlsconf

import (
	"net/http"
	"sync"
	"time"
)

const (
	noncesAhead = 4           // how many are fetched at once, beyond the one that is needed
	nonceLife   = time.Minute // how long they are good for, to be sure
)

// nonces is between an acme.Client and the network. That client fetches a nonce (RFC 8555 §7.2)
// holding a mutex for which the answers to its other requests wait, and there are such while it
// tidies up after an order. In a lab's virtual time, which does not pass while anybody waits for a
// mutex, it would fetch for ever. So its first nonce, when it has no other request, comes with as
// many as it will need: each answer brings a new one for the one it took.
type nonces struct {
	under http.RoundTripper

	mu      sync.Mutex
	ahead   []string
	fetched time.Time // the youngest of ahead
}

// aheadOfNonces returns a client like c that has nonces beneath it; nil is http.DefaultClient.
func aheadOfNonces(c *http.Client) *http.Client {
	var ours http.Client
	if c != nil {
		ours = *c
	}
	if ours.Transport == nil {
		ours.Transport = http.DefaultTransport
	}
	ours.Transport = &nonces{under: ours.Transport}
	return &ours
}

// header is where a nonce stands (RFC 8555 §6.5.1).
const header = "Replay-Nonce"

// RoundTrip implements [http.RoundTripper].
func (n *nonces) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodHead {
		if nonce := n.take(); nonce != "" {
			return &http.Response{Status: "200 OK", StatusCode: http.StatusOK,
				Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: http.Header{header: {nonce}}, Body: http.NoBody, Request: r}, nil
		}
		for range noncesAhead {
			answer, err := n.under.RoundTrip(r.Clone(r.Context()))
			if err != nil {
				return nil, err
			}
			answer.Body.Close()
			n.put(answer.Header.Get(header))
		}
	}
	answer, err := n.under.RoundTrip(r)
	if err == nil && r.Method == http.MethodGet {
		answer.Header.Del(header) // the first one is to be fetched
	}
	return answer, err
}

func (n *nonces) take() (nonce string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last := len(n.ahead) - 1
	if last < 0 || time.Since(n.fetched) > nonceLife {
		n.ahead = nil
		return ""
	}
	nonce, n.ahead = n.ahead[last], n.ahead[:last]
	return nonce
}

func (n *nonces) put(nonce string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if nonce != "" && len(n.ahead) < noncesAhead {
		n.ahead, n.fetched = append(n.ahead, nonce), time.Now()
	}
}
