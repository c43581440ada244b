package site

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one client may ask, if nothing else is said, and how many clients are remembered. A client
// that is forgotten begins anew with a full burst.
const (
	RateDefault  = 50  // requests a second
	BurstDefault = 400 // requests
	ClientsMax   = 8192
)

// limiter bounds the requests of each client.
type limiter struct {
	rate  rate.Limit
	burst int

	mu      sync.Mutex
	clients map[string]*list.Element
	recent  *list.List // of *visitor, who came last is first
}

type visitor struct {
	client string
	bucket *rate.Limiter
}

func newLimiter(perSecond float64, burst int) *limiter {
	if perSecond == 0 {
		perSecond = RateDefault
	}
	if burst == 0 {
		burst = BurstDefault
	}
	return &limiter{rate: rate.Limit(perSecond), burst: burst, clients: map[string]*list.Element{},
		recent: list.New()}
}

// allow tells whether a client may make one more request now.
func (l *limiter) allow(client string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.clients[client]
	if at == nil {
		if l.recent.Len() >= ClientsMax {
			last := l.recent.Back()
			delete(l.clients, last.Value.(*visitor).client)
			l.recent.Remove(last)
		}
		at = l.recent.PushFront(&visitor{client, rate.NewLimiter(l.rate, l.burst)})
		l.clients[client] = at
	}
	l.recent.MoveToFront(at)
	return at.Value.(*visitor).bucket.AllowN(now, 1)
}

// addressOf reads an address with or without a port; it is not valid if there is none.
func addressOf(s string) netip.Addr {
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().Unmap()
	}
	a, _ := netip.ParseAddr(s)
	return a.Unmap()
}

// networkBits is how much of an IPv6 address is the network's.
const networkBits = 64

// network is what a client is known by.
func network(a netip.Addr) string {
	if a.Is6() {
		p, err := a.WithZone("").Prefix(networkBits)
		if err == nil {
			return p.String()
		}
	}
	return a.String()
}

func (h *handler) isProxy(a netip.Addr) bool {
	for _, p := range h.options.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
