// Package pages is the service of command website, and what it serves: the project's documents and
// advisories, made into a website when it starts.
package pages

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/atoll-os/atoll/advisories"
	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/docs"
	"github.com/atoll-os/atoll/site"
	"github.com/atoll-os/atoll/unikernel"
)

// Serve serves the website as of the time when it starts.
func Serve(ctx context.Context, m *unikernel.Machine) error { return site.Service(Files)(ctx, m) }

// Files returns the files of the website as of a date, sorted by path. It is not signed: the key is
// not here.
func Files(date time.Time) ([]advisory.File, error) {
	records, err := load()
	if err != nil {
		return nil, err
	}
	public := records.Public(date)
	pages := func(exported []advisory.File) ([]advisory.File, error) {
		return site.Build(site.Input{Public: public, Documents: docs.FS, Files: exported, Served: true,
			Machine: true})
	}
	tree, err := export.Build(public, export.Options{More: pages})
	if err != nil {
		return nil, err
	}
	return tree.Files, nil
}

// Latest is when a record was last changed: a date for who wants the same files at any time.
func Latest() (time.Time, error) {
	records, err := load()
	if err != nil {
		return time.Time{}, err
	}
	return records.Public(endOfTime).Modified(), nil
}

// endOfTime is later than any date that a record can have.
var endOfTime = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func load() (*advisory.Collection, error) { return read(advisories.FS) }

// read reads records, and finds fault with them if anything is wrong.
func read(from fs.FS) (*advisory.Collection, error) {
	records, found, err := advisory.Load(from)
	if err != nil {
		return nil, err
	}
	var all []error
	for _, f := range found {
		all = append(all, fmt.Errorf("advisories/%s", f))
	}
	return records, errors.Join(all...)
}
