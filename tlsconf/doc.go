// Package tlsconf is TLS 1.3 for a service, in one line each:
//
//	config := tlsconf.Server(cert, system)           // a certificate that is at hand
//	config, err := tlsconf.ACME{Hosts: []string{"example.org"}}.Server(system)
//	config := tlsconf.Client(roots, system)
//
//	l = &tlsconf.Listener{Listener: l, Config: config, Clones: system}
//	d := &tlsconf.Dialer{Dial: m.Net.DialContext, Config: config, Clones: system}
//
// Configurations are the standard library's and can be changed as such. In a lab the certificate
// is host.Certificate() and the roots are lab.CertPool().
//
// A copy of a running machine has all its secrets. Where system, an entropy.System, finds that it
// runs in a copy, the keys of session tickets and the cached sessions of clients are thrown away
// at their next use, and the connections of a Listener or Dialer are closed: a copy that went on
// would encrypt other data with the key and nonce of the original (RFC 8446 §5.3).
//
// Listener and Dialer shake hands before anybody reads or writes. The standard library does so
// within the first Read or Write, holding a mutex for which others then wait; in a lab's virtual
// time that stops the clock.
//
// Under testing/cryptotest, HTTP/1.1 over TLS repeats in a lab to the byte, if hosts are started
// and woken at instants of their own: all draw from one crypto/rand, in the order in which they
// run. HTTP/2 does not repeat: its client sends header fields in the order of a map.
//
// All keys come from crypto/rand, the operating system's generator, since Go takes most of them
// from nowhere else: package entropy/overlay says how that becomes the system's.
package tlsconf
