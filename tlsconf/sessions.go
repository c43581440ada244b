package tlsconf

import (
	"crypto/tls"
	"sync"
)

// SessionsMax is how many servers a client remembers a session with.
const SessionsMax = 64

// sessions are what a client can resume. A copy of the machine begins with none: two clients with
// one ticket would be known to each other's servers as one (RFC 8446 appendix C.4).
type sessions struct {
	clones Clones

	mu         sync.Mutex
	cache      tls.ClientSessionCache // nil until first used
	generation uint64                 // in which cache began
}

// Get implements [tls.ClientSessionCache].
func (s *sessions) Get(key string) (*tls.ClientSessionState, bool) { return s.current().Get(key) }

// Put implements [tls.ClientSessionCache].
func (s *sessions) Put(key string, state *tls.ClientSessionState) { s.current().Put(key, state) }

func (s *sessions) current() tls.ClientSessionCache {
	generation := generationOf(s.clones)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache == nil || generation != s.generation {
		s.cache, s.generation = tls.NewLRUClientSessionCache(SessionsMax), generation
	}
	return s.cache
}
