package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits of the network.
const (
	requestTime       = 30 * time.Second // one request, with its body
	retriesMax        = 5                // of a request that a server puts off
	retryWaitMax      = 10 * time.Second // each time
	redirectsMax      = 5
	fetchesMax        = 8         // requests at a time
	headerBytesMax    = 64 << 10  // of an answer
	archiveBytesMax   = 256 << 20 // a zip; the records of a directory together
	directoryFilesMax = 500_000
)

// files is where a database lies. Names have slashes and are relative to its root.
type files interface {
	// get returns a file of at most max bytes; fs.ErrNotExist if there is none.
	get(ctx context.Context, name string, max int64) ([]byte, error)
}

// folder is a directory.
type folder string

func (f folder) get(_ context.Context, name string, max int64) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, fmt.Errorf("check: %s is no path of a file: %w", quote(name), fs.ErrInvalid)
	}
	return readMax(filepath.Join(string(f), filepath.FromSlash(name)), max)
}

// web is a tree of files on a web server.
type web struct {
	base   *url.URL
	client *http.Client
}

// newWeb makes a client that follows few redirects, none of them from https to http, and takes
// files as they are: the compressed ones of a database must not be unpacked on the way.
func newWeb(base *url.URL) *web {
	return &web{base, &http.Client{
		Timeout: requestTime,
		Transport: patient{&http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DisableCompression:     true,
			MaxConnsPerHost:        fetchesMax,
			MaxIdleConnsPerHost:    fetchesMax,
			MaxResponseHeaderBytes: headerBytesMax,
			TLSHandshakeTimeout:    requestTime / 3,
			ForceAttemptHTTP2:      true,
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > redirectsMax {
				return fmt.Errorf("over %d redirects", redirectsMax)
			}
			if via[0].URL.Scheme == "https" && r.URL.Scheme != "https" {
				return errors.New("a redirect from https to " + r.URL.Scheme)
			}
			return nil
		},
	}}
}

// patient asks again when a server says that there are too many requests, which those for many
// records at once can be.
type patient struct{ http.RoundTripper }

// RoundTrip sends a request without a body.
func (p patient) RoundTrip(r *http.Request) (*http.Response, error) {
	for n := 0; ; n++ {
		answer, err := p.RoundTripper.RoundTrip(r)
		if err != nil || answer.StatusCode != http.StatusTooManyRequests || n == retriesMax {
			return answer, err
		}
		answer.Body.Close()
		wait := time.Second
		if s, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
			wait = time.Duration(min(max(0, s), int(retryWaitMax/time.Second))) * time.Second
		}
		select {
		case <-time.After(wait):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

func (w *web) get(ctx context.Context, name string, max int64) ([]byte, error) {
	if name != "" && !fs.ValidPath(name) {
		return nil, fmt.Errorf("check: %s is no path of a file: %w", quote(name), fs.ErrInvalid)
	}
	where := w.base
	if name != "" {
		where = w.base.JoinPath(strings.Split(name, "/")...)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("check: fetch %s: %w", where.Redacted(), err)
	}
	request.Header.Set("User-Agent", "atoll")
	answer, err := w.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("check: fetch: %w", err)
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("check: fetch %s: %w", where.Redacted(), fs.ErrNotExist)
	default:
		return nil, fmt.Errorf("check: fetch %s: %s", where.Redacted(), answer.Status)
	}
	text, err := readAll(answer.Body, max)
	if err != nil {
		return nil, fmt.Errorf("check: fetch %s: %w", where.Redacted(), err)
	}
	return text, nil
}
