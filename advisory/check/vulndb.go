package check

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
)

// ErrChanged is a file of a signed database that is not the one of its manifest.
var ErrChanged = errors.New("the file is not the one that the manifest names")

// vulndb is a Go vulnerability database, version 1 (https://go.dev/security/vuln/database).
type vulndb struct {
	files
	packed   bool // take the .gz: over a network
	manifest *export.Manifest
	prefix   string // of the names in the manifest
	index    []byte // as it was fetched
	modules  []govulndb.Module
}

// raw returns a file as it lies there, verified if there is a manifest.
func (v *vulndb) raw(ctx context.Context, name string, max int64) ([]byte, error) {
	text, err := v.get(ctx, v.name(name), max)
	if err != nil {
		return nil, err
	}
	return text, v.holds(name, text)
}

func (v *vulndb) name(name string) string {
	if v.packed {
		return name + ".gz"
	}
	return name
}

// holds compares a file with the manifest.
func (v *vulndb) holds(name string, text []byte) error {
	if v.manifest == nil {
		return nil
	}
	name = v.prefix + v.name(name)
	got := sha256.Sum256(text)
	if v.manifest.Files[name] != hex.EncodeToString(got[:]) {
		return fmt.Errorf("check: %s: %w", name, ErrChanged)
	}
	return nil
}

// unpacked undoes the compression of a file. A server may have done so on its own account.
func (v *vulndb) unpacked(name string, text []byte, max int64) ([]byte, error) {
	if !v.packed || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, nil
	}
	r, err := gzip.NewReader(bytes.NewReader(text))
	if err == nil {
		text, err = readAll(r, max)
	}
	if err != nil {
		return nil, fmt.Errorf("check: unpack %s: %w", name, err)
	}
	return text, nil
}

// probe fetches the index, by which one sees that there is a database at all.
func (v *vulndb) probe(ctx context.Context) (err error) {
	v.index, err = v.raw(ctx, goIndex, indexBytesMax)
	return err
}

// load reads the index that probe has fetched, when it is known whether there is a manifest.
func (v *vulndb) load() error {
	if err := v.holds(goIndex, v.index); err != nil {
		return err
	}
	text, err := v.unpacked(goIndex, v.index, indexBytesMax)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &v.modules); err != nil {
		return fmt.Errorf("check: %s: %w", goIndex, jsonError(text, err))
	}
	v.index = nil
	return nil
}

// named fetches the entries about the modules.
func (v *vulndb) named(ctx context.Context, n *need) (list []*Record, any bool, err error) {
	var ids []string
	seen := map[string]bool{}
	for _, m := range v.modules {
		key := nameKey(advisory.Go, m.Path)
		if !n.keys[key] {
			continue
		}
		for _, about := range m.Vulns {
			if !seen[about.ID] {
				seen[about.ID] = true
				ids = append(ids, about.ID)
			}
		}
	}
	list = make([]*Record, len(ids))
	err = each(ctx, len(ids), func(ctx context.Context, i int) (err error) {
		list[i], err = v.entry(ctx, ids[i])
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return list, len(v.modules) > 0, nil
}

// entry fetches a record.
func (v *vulndb) entry(ctx context.Context, id string) (*Record, error) {
	if !osv.ValidID(id) {
		return nil, fmt.Errorf("check: %s: the id %s cannot name a file", goIndex, quote(id))
	}
	name := "ID/" + id + ".json"
	text, err := v.raw(ctx, name, entryBytesMax)
	if err == nil {
		text, err = v.unpacked(name, text, entryBytesMax)
	}
	if err != nil {
		return nil, err
	}
	r, err := parseEntry(text)
	if err == nil && r.ID != id {
		err = fmt.Errorf("its id is %s", quote(r.ID))
	}
	if err != nil {
		return nil, fmt.Errorf("check: %s: %w", name, err)
	}
	return r, nil
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
