package tlsconf

import (
	"crypto/tls"
	"crypto/x509"
)

// Clones tells whether the program runs in a copy of its machine or process. An *entropy.System
// does.
type Clones interface {
	// Generation returns how many times a copy was found.
	Generation() uint64
	// OnClone calls f whenever one is found, until cancel is called.
	OnClone(f func(generation uint64)) (cancel func())
}

// Server returns a configuration for a server with that certificate. It speaks TLS 1.3 only, and
// no client that is worth serving lacks that. With c nil, nobody tells of copies.
//
// NextProtos is empty, which leaves HTTP at version 1.1: for HTTP/2 over a [Listener] set it to
// "h2" and "http/1.1".
func Server(cert tls.Certificate, c Clones) *tls.Config {
	config := server(c)
	config.Certificates = []tls.Certificate{cert}
	return config
}

// server is what servers have in common.
func server(c Clones) *tls.Config {
	t := &tickets{clones: c}
	return &tls.Config{
		MinVersion:    tls.VersionTLS13,
		WrapSession:   t.wrap,
		UnwrapSession: t.unwrap,
	}
}

// Client returns a configuration for a client that trusts those roots, or with nil the system's.
// It speaks TLS 1.3 only and resumes sessions. With c nil, nobody tells of copies.
func Client(roots *x509.CertPool, c Clones) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		RootCAs:            roots,
		ClientSessionCache: &sessions{clones: c},
	}
}

// generationOf returns the generation of c, which may be nil.
func generationOf(c Clones) uint64 {
	if c == nil {
		return 0
	}
	return c.Generation()
}
