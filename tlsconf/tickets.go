package tlsconf

import (
	"crypto/rand"
	"crypto/tls"
	"sync"
	"time"
)

// TicketKeyLife is how long a key seals session tickets. For as long again it still opens them,
// so that a session can be resumed for one to two lives.
const TicketKeyLife = 12 * time.Hour

// tickets holds the keys of the session tickets of one server (RFC 8446 §4.6.1). A tls.Config has
// such keys too, but who clones one (http.Server.ServeTLS does) has keys of his own, out of reach
// for SetSessionTicketKeys of the first. The functions of a tickets lead back to it from any clone.
type tickets struct {
	clones Clones

	mu         sync.Mutex
	box        *tls.Config // seals and opens with keys; nil until first used
	keys       [][32]byte  // the one that seals, then the one before
	made       time.Time   // when keys[0] was drawn
	generation uint64      // in which keys were drawn
}

// wrap seals a session into a ticket.
func (t *tickets) wrap(cs tls.ConnectionState, s *tls.SessionState) ([]byte, error) {
	return t.current().EncryptTicket(cs, s)
}

// unwrap opens a ticket; nil says that it cannot, and the handshake goes on without.
func (t *tickets) unwrap(ticket []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
	return t.current().DecryptTicket(ticket, cs)
}

// current returns what seals and opens tickets now. It draws a new key where that is due, without
// the lock, as crypto/rand may have to wait for its own seed.
func (t *tickets) current() *tls.Config {
	var fresh [32]byte
	defer clear(fresh[:])
	for drawn, drawnIn := false, uint64(0); ; drawn = true {
		now, generation := time.Now().Round(0), generationOf(t.clones) // by the wall's clock
		if box := t.look(now, generation, drawn && generation == drawnIn, &fresh); box != nil {
			return box
		}
		drawnIn = generation
		rand.Read(fresh[:])
	}
}

// look returns what seals and opens, and takes a fresh key if one is due and there is one. It
// returns nil if one must be drawn first.
func (t *tickets) look(now time.Time, generation uint64, drawn bool, fresh *[32]byte) *tls.Config {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.box != nil && generation != t.generation {
		t.box, t.keys = nil, nil
	}
	age := now.Sub(t.made)
	if t.box != nil && 0 <= age && age < TicketKeyLife {
		return t.box
	}
	if !drawn {
		return nil
	}
	keys := [][32]byte{*fresh}
	if t.box != nil && 0 <= age && age < 2*TicketKeyLife {
		keys = append(keys, t.keys[0])
	}
	t.box, t.keys, t.made, t.generation = &tls.Config{}, keys, now, generation
	t.box.SetSessionTicketKeys(keys)
	return t.box
}
