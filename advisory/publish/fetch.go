package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
)

// Bounds of a tree that is fetched. A redirect stays on the host, or the tree would be another's.
const (
	FetchersMax  = 8 // requests at once
	FetchTimeout = time.Minute
	RedirectsMax = 5
)

// Fetch reads the tree below an address, as its manifest lists it. Progress, if not nil, is told
// how far it is, one call at a time; a nil client is one of its own. What the tree is worth says
// Judge.
func Fetch(ctx context.Context, client *http.Client, base string,
	progress func(done, total int)) ([]advisory.File, error) {
	u, err := url.Parse(strings.TrimSuffix(base, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" {
		return nil, fmt.Errorf("publish: fetch tree: %q is no address of a website", base)
	}
	if client == nil {
		client = &http.Client{Timeout: FetchTimeout, CheckRedirect: sameHost,
			// .gz files are files: nobody is to unpack them.
			Transport: &http.Transport{DisableCompression: true, Proxy: http.ProxyFromEnvironment}}
		defer client.CloseIdleConnections()
	}
	f := &fetcher{ctx: ctx, client: client, base: u, left: TreeBytesMax}
	manifest, err := f.get(export.ManifestPath)
	if err != nil {
		return nil, err
	}
	m, err := export.ReadManifest(manifest)
	if err != nil {
		return nil, fmt.Errorf("publish: fetch tree: %w", err)
	}
	tree := []advisory.File{{Path: export.ManifestPath, Data: manifest}}
	signature, err := f.get(export.ManifestPath + ".asc")
	if err == nil {
		tree = append(tree, advisory.File{Path: export.ManifestPath + ".asc", Data: signature})
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files, err := f.all(slices.Sorted(maps.Keys(m.Files)), progress)
	if err != nil {
		return nil, err
	}
	tree = append(tree, files...)
	slices.SortFunc(tree, func(a, b advisory.File) int { return strings.Compare(a.Path, b.Path) })
	return tree, nil
}

func sameHost(next *http.Request, via []*http.Request) error {
	if len(via) > RedirectsMax || next.URL.Host != via[0].URL.Host {
		return fmt.Errorf("redirected to %s", next.URL.Host)
	}
	return nil
}

// fetcher reads files below one address.
type fetcher struct {
	ctx    context.Context
	client *http.Client
	base   *url.URL

	mu   sync.Mutex
	left int64 // bytes that may still come
}

// all reads files, several at once. What is not there is left out: Judge misses it.
func (f *fetcher) all(names []string, progress func(done, total int)) ([]advisory.File, error) {
	ctx, cancel := context.WithCancelCause(f.ctx)
	defer cancel(nil)
	f.ctx = ctx
	files := make([]advisory.File, len(names))
	var done int
	var wg sync.WaitGroup
	for worker := range FetchersMax {
		wg.Go(func() {
			for i := worker; i < len(names) && ctx.Err() == nil; i += FetchersMax {
				data, err := f.get(names[i])
				if err == nil {
					files[i] = advisory.File{Path: names[i], Data: data}
				} else if !errors.Is(err, fs.ErrNotExist) {
					cancel(err)
					return
				}
				f.mu.Lock()
				if done++; progress != nil {
					progress(done, len(names))
				}
				f.mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(f advisory.File) bool { return f.Path == "" }), nil
}

// get reads one file; what is not there is fs.ErrNotExist.
func (f *fetcher) get(name string) ([]byte, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, fmt.Errorf("publish: fetch tree: the manifest lists %.100q, which is no file", name)
	}
	address := f.base.JoinPath(strings.Split(name, "/")...)
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("publish: fetch tree: %w", err)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("publish: fetch tree: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, fmt.Errorf("publish: fetch tree: %s: %w", address, fs.ErrNotExist)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("publish: fetch tree: %s: %s", address, response.Status)
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, FileBytesMax+1))
	if err != nil {
		return nil, fmt.Errorf("publish: fetch tree: %s: %w", address, err)
	}
	f.mu.Lock()
	f.left -= int64(len(b))
	over := f.left < 0 || len(b) > FileBytesMax
	f.mu.Unlock()
	if over {
		return nil, fmt.Errorf("publish: fetch tree: more than %d bytes of one file or %d of all",
			FileBytesMax, int64(TreeBytesMax))
	}
	return b, nil
}
