package site

import (
	"compress/gzip"
	"net/http"
	"net/url"
	"strconv"
)

// search answers a form.
func (h *handler) search(w http.ResponseWriter, r *http.Request) {
	h.count.searches.Add(1)
	a, code := &answer{Asked: true}, http.StatusOK
	form, err := url.ParseQuery(r.URL.RawQuery)
	switch q, problem := readQuery(form); {
	case err != nil:
		a.Problem, code = "The address is broken.", http.StatusBadRequest
	case problem != "":
		a.Query, a.Problem, code = q, problem, http.StatusBadRequest
	default:
		a = h.index.search(q)
	}
	page := h.found(a)
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-cache")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Vary", "Accept-Encoding")
	if len(page) >= packBytesMin && takesGzip(r.Header.Get("Accept-Encoding")) {
		page = pack(page, gzip.BestSpeed)
		header.Set("Content-Encoding", "gzip")
	}
	header.Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		w.Write(page)
	}
}
