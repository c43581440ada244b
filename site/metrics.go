package site

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
)

// counters are what is counted of a handler's work.
type counters struct {
	byCode   [6]atomic.Uint64 // answers by the first digit of their code
	bytes    atomic.Uint64    // of answers' bodies
	limited  atomic.Uint64
	searches atomic.Uint64
}

// counted is an answer whose code and size are known at the end.
type counted struct {
	http.ResponseWriter
	code  int
	bytes int64
}

// WriteHeader sends the code.
func (c *counted) WriteHeader(code int) {
	if c.code == 0 {
		c.code = code
	}
	c.ResponseWriter.WriteHeader(code)
}

// Write sends a part of the body.
func (c *counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (c *counted) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (n *counters) add(c *counted) {
	code := c.code
	if code == 0 {
		code = http.StatusOK
	}
	n.byCode[code/100%len(n.byCode)].Add(1)
	n.bytes.Add(uint64(c.bytes))
}

// answered is how many requests were answered.
func (n *counters) answered() (sum uint64) {
	for i := range n.byCode {
		sum += n.byCode[i].Load()
	}
	return sum
}

// metrics writes the counters in Prometheus' text format, version 0.0.4.
func (h *handler) metrics(w http.ResponseWriter) {
	var b strings.Builder
	b.WriteString("# HELP site_requests_total Requests that were answered, by class of code.\n" +
		"# TYPE site_requests_total counter\n")
	for class := 2; class <= 5; class++ {
		fmt.Fprintf(&b, "site_requests_total{code=\"%dxx\"} %d\n", class,
			h.count.byCode[class].Load())
	}
	for _, c := range []struct {
		name, help string
		value      uint64
	}{
		{"site_response_bytes_total", "Bytes of answers' bodies.", h.count.bytes.Load()},
		{"site_limited_total", "Requests over their client's limit.", h.count.limited.Load()},
		{"site_searches_total", "Searches of the advisories.", h.count.searches.Load()},
	} {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s counter\n%s %d\n", c.name, c.help, c.name, c.name,
			c.value)
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte(b.String()))
}
