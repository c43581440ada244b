package site

import (
	"bytes"
	"html/template"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Limits of what a request may be.
const (
	PathBytesMax     = 1024
	RawQueryBytesMax = 4 * (4*QueryBytesMax + 100)
)

// Options say how a website is served. The zero value is good for a server of its own.
type Options struct {
	// Modified is when the files were made, for Last-Modified; zero: it is not sent. ETags do not
	// depend on it.
	Modified time.Time
	// HTTPS says that clients come by https although this server does not speak it: a proxy does.
	HTTPS bool
	// Rate is how many requests a second one client may make in the long run, Burst how many at
	// once. 0 is RateDefault and BurstDefault; a negative Rate is no limit.
	Rate  float64
	Burst int
	// Proxies are the addresses of proxies before this server: of a request from one, the client is
	// the last address in X-Forwarded-For that is none of them.
	Proxies []netip.Prefix
	// Facts says on what the website runs, for the page that Input.Machine makes; nil: it is empty.
	Facts func() []Fact
	// Log is told of requests that fail by our fault; nil: nobody.
	Log *slog.Logger
}

// handler serves a website from memory.
type handler struct {
	options  Options
	files    map[string]*served // by path
	folders  map[string][]listing
	missing  *served
	modified string             // Options.Modified as a header, "" for none
	index    *index             // nil: there is nothing to search
	page     [2][]byte          // the list's page, before and after the finder
	finder   *template.Template // of the list's page
	told     *machinePart       // nil: nothing is told of the machine
	limit    *limiter           // nil: no limit
	count    counters
}

// served is a file with all that is sent with it.
type served struct {
	path    string
	data    []byte
	kind    string // its content type
	tag     string // its ETag
	packed  packed
	forever bool // may be kept by who asks with its sum
}

// Handler serves the files of a website that Build and the exporters made: also the search of the
// advisories, without script, and
//
//	/healthz   200 as long as it runs
//	/metrics   counters in Prometheus' text format
//
// It keeps the files in memory; a new edition is a new handler. Only GET and HEAD are answered.
func Handler(files []advisory.File, o Options) http.Handler {
	h := &handler{options: o, files: make(map[string]*served, len(files)),
		folders: map[string][]listing{}}
	if o.Log == nil {
		h.options.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rate >= 0 {
		h.limit = newLimiter(o.Rate, o.Burst)
	}
	for _, f := range files {
		h.add(f)
		h.list(f.Path, len(f.Data))
	}
	h.missing = h.files[missingFile]
	if !o.Modified.IsZero() {
		h.modified = o.Modified.UTC().Format(http.TimeFormat)
	}
	h.prepareSearch()
	h.prepareMachine()
	return h
}

func (h *handler) add(f advisory.File) {
	s := &served{path: f.Path, data: f.Data, kind: contentType(f.Path), tag: `"` + sum(f.Data) + `"`,
		forever: f.Path == styleFile || f.Path == scriptFile}
	s.packed.worth = compressible(f.Path, len(f.Data))
	h.files[f.Path] = s
}

// prepareSearch takes the list's page apart, and puts the form into it that needs no script.
func (h *handler) prepareSearch() {
	at, text := h.files[listFolder+"index.html"], h.files[IndexPath]
	if at == nil || text == nil {
		return
	}
	before, rest, ok := bytes.Cut(at.data, []byte(finderBegin))
	_, after, closed := bytes.Cut(rest, []byte(finderEnd))
	x, err := readIndex(text.data)
	if !ok || !closed || err != nil {
		h.options.Log.Warn("no search: the list of advisories is not as this program makes it",
			"page", at.path, "err", err)
		return
	}
	h.index, h.page, h.finder = x, [2][]byte{before, after}, readTemplates()["list"]
	h.add(advisory.File{Path: at.path, Data: h.found(x.search(query{}))})
}

// found is the list's page with an answer.
func (h *handler) found(a *answer) []byte {
	html, err := renderFinder(h.finder, newFinder(h.index, a, true))
	if err != nil {
		panic("site: BUG: " + err.Error()) // it has rendered the empty one, and writes to memory
	}
	return bytes.Join([][]byte{h.page[0], html, h.page[1]}, nil)
}

// ServeHTTP answers a request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &counted{ResponseWriter: w}
	defer h.count.add(c)
	h.secure(w, r)
	switch {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		refuse(c, http.StatusMethodNotAllowed, "This server only answers GET and HEAD.")
	case len(r.URL.Path) > PathBytesMax || len(r.URL.RawQuery) > RawQueryBytesMax:
		refuse(c, http.StatusRequestURITooLong, "The address is too long.")
	case r.URL.Path == "/healthz":
		refuse(c, http.StatusOK, "ok")
	case r.URL.Path == "/metrics":
		h.metrics(c)
	case h.limit != nil && !h.limit.allow(h.client(r), time.Now()):
		h.count.limited.Add(1)
		w.Header().Set("Retry-After", "1")
		refuse(c, http.StatusTooManyRequests, "Too many requests from your address: wait a second.")
	default:
		h.get(c, r)
	}
}

// get finds what a path means.
func (h *handler) get(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, "/")
	if name == listFolder && h.index != nil && r.URL.RawQuery != "" {
		h.search(w, r)
		return
	}
	if name == machineFolder && h.told != nil {
		h.machine(w, r)
		return
	}
	if name == "" || strings.HasSuffix(name, "/") {
		if f := h.files[name+"index.html"]; f != nil && ok {
			h.send(w, r, f)
			return
		}
		if list := h.folders[name]; list != nil && strings.HasPrefix(name, listedBelow) {
			h.sendListing(w, r, name, list)
			return
		}
	}
	if f := h.files[name]; f != nil && ok {
		h.send(w, r, f)
		return
	}
	if _, folder := h.folders[name+"/"]; folder && ok && h.isPage(name+"/") {
		moved(w, "./"+path.Base(name)+"/")
		return
	}
	if at := h.otherName(name); at != "" {
		moved(w, at)
		return
	}
	h.notFound(w, r)
}

// isPage tells whether a folder has something to show.
func (h *handler) isPage(folder string) bool {
	return h.files[folder+"index.html"] != nil || strings.HasPrefix(folder, listedBelow)
}

// otherName returns where an advisory is that is asked for by an alias or in other letters.
func (h *handler) otherName(name string) string {
	asked, ok := strings.CutPrefix(name, listFolder)
	if !ok || h.index == nil {
		return ""
	}
	up := "./"
	if strings.HasSuffix(asked, "/") {
		asked, up = strings.TrimSuffix(asked, "/"), "../"
	}
	id := h.index.byName[strings.TrimPrefix(lower(asked), "x_")]
	if id == "" || id == asked {
		return ""
	}
	return up + id + "/"
}

// moved says where something is for ever. Places are relative: a path that begins with two slashes
// would be the address of another host.
func moved(w http.ResponseWriter, to string) {
	w.Header().Set("Location", to)
	refuse(w, http.StatusMovedPermanently, "It is at "+to)
}

func (h *handler) notFound(w http.ResponseWriter, r *http.Request) {
	if h.missing == nil {
		refuse(w, http.StatusNotFound, "There is no such page.")
		return
	}
	w.Header().Set("Content-Type", h.missing.kind)
	w.WriteHeader(http.StatusNotFound)
	if r.Method != http.MethodHead {
		w.Write(h.missing.data)
	}
}

// send answers with a file, packed if that is worth it and the client can unpack it.
func (h *handler) send(w http.ResponseWriter, r *http.Request, f *served) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", "no-cache") // may be kept, but is asked for: an advisory is news
	if f.forever && r.URL.RawQuery == "v="+strings.Trim(f.tag, `"`) {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	data, tag := f.data, f.tag
	if f.packed.worth {
		header.Set("Vary", "Accept-Encoding")
		// A part of a file is a part of it as it is.
		if r.Header.Get("Range") == "" && takesGzip(r.Header.Get("Accept-Encoding")) {
			if small := f.packed.get(f.data); small != nil {
				data, tag = small, strings.TrimSuffix(tag, `"`)+`-gzip"`
				header.Set("Content-Encoding", "gzip")
			}
		}
	}
	header.Set("ETag", tag)
	for _, name := range conditions {
		if r.Header[name] != nil {
			http.ServeContent(w, r, "", h.options.Modified, bytes.NewReader(data))
			return
		}
	}
	// What is asked for most, at once: package http would copy it piece by piece.
	header.Set("Accept-Ranges", "bytes")
	if h.modified != "" {
		header.Set("Last-Modified", h.modified)
	}
	header.Set("Content-Length", strconv.Itoa(len(data)))
	if r.Method != http.MethodHead {
		w.Write(data)
	}
}

// conditions are the headers of requests for a part of a file, or for one that has changed
// (RFC 9110 §13.1, §14.2).
var conditions = []string{"Range", "If-Match", "If-None-Match", "If-Modified-Since",
	"If-Unmodified-Since", "If-Range"}

// refuse answers with a line of text.
func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	w.Write([]byte(text + "\n")) // package http leaves it out for HEAD
}
