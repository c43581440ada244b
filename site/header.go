package site

import (
	"net/http"
	"strings"
)

// policy is what a page may do, for browsers (Content Security Policy Level 3): load style, script
// and index from here, send forms here, and stand in no frame.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// transportSecurity tells browsers to come by https for two years (RFC 6797).
const transportSecurity = "max-age=63072000"

// secure sets the headers that every answer has.
func (h *handler) secure(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Content-Security-Policy"] = valuePolicy
	header["X-Content-Type-Options"] = valueNosniff
	header["Referrer-Policy"] = valueNoReferrer
	header["Cross-Origin-Opener-Policy"] = valueSameOrigin
	if r.TLS != nil || h.options.HTTPS {
		header["Strict-Transport-Security"] = valueTransport
	}
}

// Values are shared by all answers: nothing changes a header's values.
var (
	valuePolicy     = []string{policy}
	valueNosniff    = []string{"nosniff"}
	valueNoReferrer = []string{"no-referrer"}
	valueSameOrigin = []string{"same-origin"}
	valueTransport  = []string{transportSecurity}
)

// client is who a request is from: an IPv4 address, or the 64 bits of an IPv6 one that a network
// has to itself.
func (h *handler) client(r *http.Request) string {
	addr := addressOf(r.RemoteAddr)
	if !h.isProxy(addr) {
		return network(addr)
	}
	passed := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(passed) - 1; i >= 0; i-- {
		a := addressOf(strings.TrimSpace(passed[i]))
		if !a.IsValid() {
			break // what stands before it, anybody may have written
		}
		if addr = a; !h.isProxy(a) {
			break
		}
	}
	return network(addr)
}
