package check

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/govulndb"
)

// ErrChanged is a file of a database that is not the one of its manifest.
var ErrChanged = errors.New("the file is not the one that the manifest names")

// vulndb finds the records of a Go vulnerability database.
type vulndb struct{ *govulndb.Database }

// named fetches the entries about the modules.
func (v vulndb) named(ctx context.Context, n *need) (list []*Record, any bool, err error) {
	modules := v.Modules()
	var ids []string
	seen := map[string]bool{}
	for _, m := range modules {
		if !n.keys[nameKey(advisory.Go, m)] {
			continue
		}
		for _, about := range v.Vulns(m) {
			if !seen[about.ID] {
				seen[about.ID] = true
				ids = append(ids, about.ID)
			}
		}
	}
	list = make([]*Record, len(ids))
	err = each(ctx, len(ids), func(ctx context.Context, i int) error {
		e, err := v.Entry(ctx, ids[i])
		if err != nil {
			return err
		}
		list[i] = &Record{Entry: *e}
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return list, len(modules) > 0, nil
}

// held is a source of which every file is held against a manifest: what was read before the
// manifest is known, when it is known.
type held struct {
	govulndb.Source
	manifest *export.Manifest
	early    map[string][sha256.Size]byte // nil after settle
}

func (h *held) Read(ctx context.Context, path string, bytesMax int64) ([]byte, error) {
	text, err := h.Source.Read(ctx, path, bytesMax)
	if err != nil {
		return nil, err
	}
	if h.early != nil {
		h.early[path] = sha256.Sum256(text)
		return text, nil
	}
	return text, h.holds(path, sha256.Sum256(text))
}

// settle sets the manifest, nil if there is none.
func (h *held) settle(m *export.Manifest) error {
	early := h.early
	h.manifest, h.early = m, nil
	for path, sum := range early {
		if err := h.holds(path, sum); err != nil {
			return err
		}
	}
	return nil
}

func (h *held) holds(path string, sum [sha256.Size]byte) error {
	path = govulndb.Dir + path
	if h.manifest != nil && h.manifest.Files[path] != hex.EncodeToString(sum[:]) {
		return fmt.Errorf("check: %s: %w", path, ErrChanged)
	}
	return nil
}

// each calls f for 0 to n-1, some at a time, and returns the first error in this order.
func each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, n)
	next := make(chan int)
	var wait sync.WaitGroup
	for range min(n, fetchesMax) {
		wait.Go(func() {
			for i := range next {
				if errs[i] = f(ctx, i); errs[i] != nil {
					cancel()
				}
			}
		})
	}
	for i := range n {
		if ctx.Err() != nil {
			errs[i] = ctx.Err()
			break
		}
		next <- i
	}
	close(next)
	wait.Wait()
	for _, err := range errs {
		if err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
	}
	return errors.Join(errs...)
}
