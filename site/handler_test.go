package site

import (
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/sample"
)

// website is a built one of the made-up project, with files as exporters make them.
func website(t testing.TB) []advisory.File {
	t.Helper()
	exported := []advisory.File{
		{Path: "advisories/feed.atom", Data: []byte("<feed/>")},
		{Path: "advisories/go/index/db.json", Data: []byte(`{"modified":""}`)},
		{Path: "advisories/go/index/db.json.gz", Data: []byte("\x1f\x8b packed")},
		{Path: "advisories/go/vulndb.zip", Data: []byte("PK")},
		{Path: "advisories/text/SAMPLE-2026-0001.txt.asc", Data: []byte("-----BEGIN PGP SIGNED")},
		{Path: ".well-known/security.txt", Data: []byte("Contact: x\n")},
		{Path: ".well-known/csaf/openpgp/ABCDEF.asc", Data: []byte("-----BEGIN PGP PUBLIC KEY")},
		{Path: ".well-known/csaf/white/changes.csv", Data: []byte("\"a\",\"b\"\n")},
		{Path: ".well-known/csaf/white/2026/a.json", Data: []byte("{}")},
		{Path: ".well-known/csaf/white/2026/a.json.asc", Data: []byte("-----BEGIN PGP SIG")},
		{Path: ".well-known/csaf/white/2026/a.json.sha512", Data: []byte("00  a.json\n")},
	}
	pages, err := Build(Input{Public: public(sample.Cases()...), Documents: documents(),
		Files: exported})
	if err != nil {
		t.Fatal(err)
	}
	return append(pages, exported...)
}

// ask sends a request; headers are name and value in turns.
func ask(h http.Handler, method, target string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Tools refuse a feed or a database for its type alone.
func TestContentTypes(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	for path, want := range map[string]string{
		"/":                                          "text/html; charset=utf-8",
		"/site.css":                                  "text/css; charset=utf-8",
		"/site.js":                                   "text/javascript; charset=utf-8",
		"/advisories/search.json":                    "application/json",
		"/advisories/feed.atom":                      "application/atom+xml",
		"/advisories/go/index/db.json":               "application/json",
		"/advisories/go/index/db.json.gz":            "application/gzip",
		"/advisories/go/vulndb.zip":                  "application/zip",
		"/.well-known/security.txt":                  "text/plain; charset=utf-8",
		"/advisories/text/SAMPLE-2026-0001.txt.asc":  "text/plain; charset=utf-8",
		"/.well-known/csaf/openpgp/ABCDEF.asc":       "application/pgp-keys",
		"/.well-known/csaf/white/changes.csv":        "text/csv; charset=utf-8",
		"/.well-known/csaf/white/2026/a.json.asc":    "application/pgp-signature",
		"/.well-known/csaf/white/2026/a.json.sha512": "text/plain; charset=utf-8",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			r := ask(h, method, path, "Accept-Encoding", "identity")
			if r.StatusCode != 200 || r.Header.Get("Content-Type") != want {
				t.Errorf("%s %s is %d, %q; want %q", method, path, r.StatusCode,
					r.Header.Get("Content-Type"), want)
			}
			if got := r.Header.Get("Content-Encoding"); got != "" {
				t.Errorf("%s %s has Content-Encoding %q", method, path, got)
			}
			if empty := body(t, r) == ""; empty != (method == "HEAD") {
				t.Errorf("%s %s: body is empty: %v", method, path, empty)
			}
		}
	}
	if got := contentType("a.unknown"); got != "application/octet-stream" {
		t.Errorf("an unknown file is %q", got)
	}
}

func TestSecurityHeaders(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	for _, path := range []string{"/", "/nowhere", "/advisories/?q=a", "/healthz", "/metrics"} {
		r := ask(h, "GET", path)
		csp := r.Header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") ||
			!strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Strict-Transport-Security": ""} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
	secure := Handler(website(t), Options{Rate: -1, HTTPS: true})
	if ask(secure, "GET", "/").Header.Get("Strict-Transport-Security") == "" {
		t.Error("behind https there is no HSTS")
	}
}

// RFC 9110 §13: who has a file need not get it again.
func TestConditions(t *testing.T) {
	made := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	h := Handler(website(t), Options{Rate: -1, Modified: made})
	r := ask(h, "GET", "/docs/use/")
	tag, modified := r.Header.Get("ETag"), r.Header.Get("Last-Modified")
	if tag == "" || modified != made.Format(http.TimeFormat) {
		t.Fatalf("ETag %q, Last-Modified %q", tag, modified)
	}
	if got := r.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("a page has Cache-Control %q", got)
	}
	for _, c := range []struct {
		name, value string
		want        int
	}{
		{"If-None-Match", tag, 304}, {"If-None-Match", `"other"`, 200},
		{"If-Modified-Since", modified, 304},
		{"If-Modified-Since", made.Add(-time.Hour).Format(http.TimeFormat), 200},
		{"If-Match", `"other"`, 412}, {"Range", "bytes=0-9", 206}, {"Range", "bytes=999999-", 416},
	} {
		r := ask(h, "GET", "/docs/use/", c.name, c.value)
		if r.StatusCode != c.want {
			t.Errorf("%s: %s is answered by %d, want %d", c.name, c.value, r.StatusCode, c.want)
		}
	}
	css := string(asset(styleFile))
	r = ask(h, "GET", "/site.css?v="+sum([]byte(css)))
	if got := r.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("the style sheet of this edition has Cache-Control %q", got)
	}
	if got := ask(h, "GET", "/site.css?v=old").Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("the style sheet of another edition has Cache-Control %q", got)
	}
}

func TestCompression(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	plain := ask(h, "GET", "/site.css")
	packed := ask(h, "GET", "/site.css", "Accept-Encoding", "br, gzip")
	if packed.Header.Get("Content-Encoding") != "gzip" || packed.Header.Get("Vary") == "" {
		t.Fatalf("headers %v", packed.Header)
	}
	if packed.Header.Get("ETag") == plain.Header.Get("ETag") {
		t.Error("both have one ETag")
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || string(text) != body(t, plain) {
		t.Errorf("unpacked it is something else: %v", err)
	}
	if ask(h, "GET", "/site.css", "Accept-Encoding", "gzip", "If-None-Match",
		packed.Header.Get("ETag")).StatusCode != 304 {
		t.Error("the packed file's ETag is not known again")
	}
	for accept, want := range map[string]string{"gzip;q=0": "", "identity": "", "*": "",
		"GZIP;q=0.5": "gzip", "gzip;q=x": "", "gzip;v=1": "gzip", "": ""} {
		r := ask(h, "GET", "/site.css", "Accept-Encoding", accept)
		if got := r.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q gives %q, want %q", accept, got, want)
		}
	}
	if got := ask(h, "GET", "/advisories/go/index/db.json.gz", "Accept-Encoding", "gzip").Header; got.
		Get("Content-Encoding") != "" {
		t.Error("a .gz is packed again, or said to be packed")
	}
}

func TestAddresses(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	for _, c := range []struct {
		target string
		code   int
		to     string
	}{
		{"/docs", 301, "./docs/"}, {"/docs/use", 301, "./use/"},
		{"/advisories/CVE-2026-0001", 301, "./SAMPLE-2026-0001/"},
		{"/advisories/x_SAMPLE-2026-0001/", 301, "../SAMPLE-2026-0001/"},
		{"/advisories/sample-2026-0004/", 301, "../SAMPLE-2026-0004/"},
		{"/advisories/SAMPLE-2026-0004/", 200, ""}, {"/advisories/SAMPLE-2026-0007/", 404, ""},
		{"/advisories/osv", 404, ""}, {"/advisories/go/", 404, ""}, {"/index.html", 200, ""},
		{"//docs/", 404, ""}, {"//docs", 404, ""}, {"/docs/../index.html", 404, ""},
		{"/docs/%2e%2e/index.html", 404, ""}, {"/%00", 404, ""}, {"/docs%5cuse/", 404, ""},
		{"/.well-known/csaf/white", 301, "./white/"}, {"/.well-known/", 404, ""},
		{"/" + strings.Repeat("a", PathBytesMax), 414, ""},
		{"/?" + strings.Repeat("a", RawQueryBytesMax+1), 414, ""},
	} {
		r := ask(h, "GET", "http://sample.example"+c.target)
		if r.StatusCode != c.code || r.Header.Get("Location") != c.to {
			t.Errorf("%.60s is %d to %q; want %d to %q", c.target, r.StatusCode,
				r.Header.Get("Location"), c.code, c.to)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE"} {
		r := ask(h, method, "/")
		if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s is %d, allowed %q", method, r.StatusCode, r.Header.Get("Allow"))
		}
	}
	if r := ask(h, "HEAD", "/nowhere"); r.StatusCode != 404 || body(t, r) != "" {
		t.Error("HEAD of nothing is no empty 404")
	}
	if text := body(t, ask(h, "GET", "/nowhere")); !strings.Contains(text, "<h1>Not found</h1>") {
		t.Errorf("the page for nothing is %.100q", text)
	}
	if r := ask(Handler(nil, Options{}), "GET", "/"); r.StatusCode != 404 {
		t.Error("nothing is not 404")
	}
}

// CSAF 2.0 §7.1.14: a client finds documents by listings.
func TestListing(t *testing.T) {
	h := Handler(website(t), Options{Rate: -1})
	r := ask(h, "GET", "/.well-known/csaf/white/2026/")
	text := body(t, r)
	for _, want := range []string{`<a href="a.json">a.json</a> 2 bytes`, `<a href="../">Up</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the listing has no %q:\n%s", want, text)
		}
	}
	if text := body(t, ask(h, "GET", "/.well-known/csaf/white/")); !strings.Contains(text,
		`<a href="2026/">2026/</a>`) {
		t.Errorf("the folder's folder is not listed:\n%s", text)
	}
	if r := ask(h, "HEAD", "/.well-known/csaf/white/2026/"); body(t, r) != "" {
		t.Error("HEAD of a listing has a body")
	}
}

func TestHealthAndMetrics(t *testing.T) {
	h := Handler(website(t), Options{Rate: 1, Burst: 2})
	for range 3 {
		ask(h, "GET", "/advisories/?q=a")
	}
	ask(h, "POST", "/")
	if r := ask(h, "GET", "/healthz"); r.StatusCode != 200 || body(t, r) != "ok\n" {
		t.Error("it is not well")
	}
	text := body(t, ask(h, "GET", "/metrics"))
	for _, want := range []string{`site_requests_total{code="2xx"} 3`,
		`site_requests_total{code="4xx"} 2`, "site_limited_total 1", "site_searches_total 2"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

// A client over its limit is told when to come again; others are not touched.
func TestRateLimit(t *testing.T) {
	h := Handler(website(t), Options{Rate: 1, Burst: 2,
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	from := func(addr string, headers ...string) int {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = addr
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, c := range []struct {
		addr, forwarded string
		want            int
	}{
		{"192.0.2.1:1", "", 200}, {"192.0.2.1:2", "", 200}, {"192.0.2.1:3", "", 429},
		{"192.0.2.2:1", "", 200},
		{"192.0.2.1:4", "192.0.2.9", 429}, // who is no proxy cannot say who it is
		{"[2001:db8::1]:1", "", 200}, {"[2001:db8::2]:1", "", 200}, {"[2001:db8::3]:1", "", 429},
		{"[2001:db8:0:1::1]:1", "", 200}, // the network beside
		{"10.0.0.1:1", "192.0.2.1", 429}, {"10.0.0.1:1", "192.0.2.7, 192.0.2.1", 429},
		{"10.0.0.1:1", "192.0.2.1, 192.0.2.7", 200}, {"10.0.0.1:1", "192.0.2.7, 10.0.0.2", 200},
		{"10.0.0.1:1", "192.0.2.7", 429}, {"10.0.0.1:1", "nonsense", 200},
		{"10.0.0.1:1", "nonsense, 10.0.0.2", 200},
	} {
		var headers []string
		if c.forwarded != "" {
			headers = []string{"X-Forwarded-For", c.forwarded}
		}
		if got := from(c.addr, headers...); got != c.want {
			t.Errorf("%s forwarded for %q is answered by %d, want %d", c.addr, c.forwarded, got,
				c.want)
		}
	}
}

// The table of clients is bounded, and who was there last is forgotten last.
func TestLimiterForgets(t *testing.T) {
	l, now := newLimiter(0, 0), time.Unix(0, 0)
	name := func(i int) string {
		return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String()
	}
	for i := range ClientsMax + 10 {
		l.allow("first", now)
		l.allow(name(i), now)
	}
	if n := l.recent.Len(); n != ClientsMax || len(l.clients) != n {
		t.Errorf("%d clients in the list, %d in the table, at most %d", n, len(l.clients), ClientsMax)
	}
	if l.clients["first"] == nil || l.clients[name(0)] != nil {
		t.Error("the client that came last was forgotten, or the oldest was not")
	}
}

// A list of advisories from elsewhere is served as it is, without a search.
func TestForeignList(t *testing.T) {
	var log strings.Builder
	h := Handler([]advisory.File{{Path: "advisories/index.html", Data: []byte("<p>theirs")},
		{Path: IndexPath, Data: []byte("{")}},
		Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if text := body(t, ask(h, "GET", "/advisories/?q=a")); text != "<p>theirs" {
		t.Errorf("it is %q", text)
	}
	if !strings.Contains(log.String(), "no search") {
		t.Errorf("the log says %q", log.String())
	}
}
