// Package publish puts a tree of files where the public sees it, and only if it keeps what the one
// before it promised. A Gate compares the two. A Place is a symbolic link that is flipped from the
// old tree to the new one:
//
//	site      -> site.7      flipped in one step: readers see one tree or the other
//	site.7/                  the published tree
//	site.6/  site.5/         older ones, of which so many are kept
//	.site.8.NUMBER/          a tree that is being written; its files reach the disk before its name
//	site.lock                held by the one process that may publish
//
// A crash at any step leaves the old tree or the new one, whole; the next publisher sweeps up.
package publish

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
)

// DateErrorMax is how far the date of a tree may be from the clock: validity is judged at that
// date, so that a wrong one would let an old key or a forgotten embargo pass.
const DateErrorMax = 24 * time.Hour

// Options are for one publishing.
type Options struct {
	Date   time.Time // of the tree
	Now    time.Time // of the clock
	NewKey string    // fingerprint of the key that replaces the published one; "" if none may

	Judging, Writing export.Progress // are told how far the gate and the disk are; nil: nobody is
}

// DateError says that the date of a tree is too far from the clock.
type DateError struct{ Date, Now time.Time }

// Error says how far they are apart.
func (e *DateError) Error() string {
	return fmt.Sprintf("publish: the date %s is %s off the clock, at most %s",
		e.Date.UTC().Format(time.RFC3339), e.Date.Sub(e.Now).Abs().Round(time.Minute), DateErrorMax)
}

// RefusedError is what the gate found. Nothing was published.
type RefusedError struct{ Findings []advisory.Finding }

// Error says how much was found.
func (e *RefusedError) Error() string {
	if len(e.Findings) == 1 {
		return "publish: refused: " + e.Findings[0].String()
	}
	return fmt.Sprintf("publish: refused for %d reasons", len(e.Findings))
}

// Publish holds a tree against the published one and puts it in its place: a *DateError or a
// *RefusedError if it may not be. It returns the directory of the tree. If ctx ends before the tree
// is on the disk, nothing is published.
func (p *Place) Publish(ctx context.Context, tree *export.Tree, o Options) (string, error) {
	if o.Date.Sub(o.Now).Abs() > DateErrorMax {
		return "", &DateError{o.Date, o.Now}
	}
	old, err := p.Previous()
	if err != nil {
		return "", err
	}
	found := Gate(ctx, old, tree.Files, o)
	if ctx.Err() != nil {
		return "", fmt.Errorf("publish: %w", ctx.Err())
	}
	if len(found) > 0 {
		return "", &RefusedError{found}
	}
	dir := p.directory(tree.Manifest.Sequence)
	if _, err := os.Lstat(dir); err == nil {
		return "", &UnsuitableError{dir, "is in the way: it is no published tree",
			fmt.Sprintf("mv %s %s.before", dir, dir)}
	}
	if err := tree.Write(ctx, dir, o.Writing); err != nil {
		return "", fmt.Errorf("publish: %w", err)
	}
	p.step("written")
	if err := p.flip(dir); err != nil {
		return "", err
	}
	p.old, p.empty = dir, false
	return dir, p.prune(tree.Manifest.Sequence)
}

// flip points the link to a tree that is on the disk.
func (p *Place) flip(dir string) error {
	link := p.name + linkEnding
	if err := os.Symlink(filepath.Base(dir), link); err != nil {
		return fmt.Errorf("publish: make link: %w", err)
	}
	p.step("linked")
	if p.empty { // a link cannot replace a directory
		if err := os.Remove(p.name); err != nil {
			return fmt.Errorf("publish: remove empty directory: %w", err)
		}
		p.step("made room")
	}
	if err := os.Rename(link, p.name); err != nil {
		return fmt.Errorf("publish: flip link: %w", err)
	}
	p.step("flipped")
	return export.SyncDir(filepath.Dir(p.name))
}

// prune removes the trees over KeptMax, the oldest first.
func (p *Place) prune(current int) error {
	trees, err := p.trees()
	if err != nil {
		return err
	}
	for _, n := range slices.Backward(trees[min(KeptMax, len(trees)):]) {
		if err := p.remove(n); err != nil {
			return fmt.Errorf("publish: %d is published, but: %w", current, err)
		}
		p.step("removed")
	}
	return nil
}
