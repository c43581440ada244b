package site

import (
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
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		w.Write(page)
	}
}
