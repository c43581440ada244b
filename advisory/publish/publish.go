// Package publish puts a tree of files where the public sees it, and only if it keeps what the one
// before it promised. A Gate compares the two. A Place is a symbolic link that is flipped from the
// old tree to the new one:
//
//	site      -> site.7      flipped in one step: readers see one tree or the other
//	site.7/                  the published tree
//	site.6/  site.5/         older ones, of which so many are kept
//	site.8.partial/          a tree that is being written; its files reach the disk before its name
//	site.lock                held by the one process that may publish
//
// A crash at any step leaves the old tree or the new one, whole; the next publisher sweeps up.
package publish

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// DateErrorMax is how far the date of a tree may be from the clock: validity is judged at that
// date, so that a wrong one would let an old key or a forgotten embargo pass.
const DateErrorMax = 24 * time.Hour

// Options are for one publishing.
type Options struct {
	Date time.Time // of the tree
	Now  time.Time // of the clock
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
// *RefusedError if it may not be. It returns the directory of the tree.
func (p *Place) Publish(tree []advisory.File, o Options) (string, error) {
	if o.Date.Sub(o.Now).Abs() > DateErrorMax {
		return "", &DateError{o.Date, o.Now}
	}
	old, err := p.Previous()
	if err != nil {
		return "", err
	}
	if found := Gate(old, tree, o.Date); len(found) > 0 {
		return "", &RefusedError{found}
	}
	m, err := manifestOf(tree)
	if err != nil {
		return "", err
	}
	dir := p.directory(m.Sequence)
	if _, err := os.Lstat(dir); err == nil {
		return "", &UnsuitableError{dir, "is in the way: it is no published tree",
			fmt.Sprintf("mv %s %s.before", dir, dir)}
	}
	partial := dir + partialEnding
	if err := p.write(partial, tree); err != nil {
		os.RemoveAll(partial) // of a full disk, for example
		return "", err
	}
	if err := p.flip(partial, dir); err != nil {
		return "", err
	}
	p.old, p.empty = dir, false
	return dir, p.prune(m.Sequence)
}

// flip gives a tree that is on the disk its name and points the link to it.
func (p *Place) flip(partial, dir string) error {
	parent, link := filepath.Dir(p.name), p.name+linkEnding
	if err := os.Rename(partial, dir); err != nil {
		return fmt.Errorf("publish: name tree: %w", err)
	}
	if err := syncDir(parent); err != nil {
		return err
	}
	p.step("named")
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
	return syncDir(parent)
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

// syncersMax is how many files are on their way to the disk at once.
const syncersMax = 8

// write writes a tree into a new directory and waits until the disk has it.
func (p *Place) write(dir string, tree []advisory.File) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("publish: make tree: %w", err)
	}
	p.step("made")
	dirs := directories(tree)
	for _, d := range dirs {
		if err := os.MkdirAll(filepath.Join(dir, filepath.FromSlash(d)), 0o755); err != nil {
			return fmt.Errorf("publish: make directory: %w", err)
		}
	}
	p.step("directories")
	err := each(len(tree), func(i int) error {
		return writeFile(filepath.Join(dir, filepath.FromSlash(tree[i].Path)), tree[i].Data)
	})
	if err != nil {
		return err
	}
	p.step("files")
	err = each(len(dirs), func(i int) error {
		return syncDir(filepath.Join(dir, filepath.FromSlash(dirs[i])))
	})
	if err == nil {
		err = syncDir(dir)
	}
	p.step("on the disk")
	return err
}

// each calls do for 0 to n-1 on several goroutines and returns the first error by number.
func each(n int, do func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for worker := range min(syncersMax, n) {
		wg.Go(func() {
			for i := worker; i < n; i += syncersMax {
				if errs[i] = do(i); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// directories returns every directory of a tree but its root, parents first.
func directories(tree []advisory.File) []string {
	seen := map[string]bool{}
	var dirs []string
	for _, f := range tree {
		for d := path.Dir(f.Path); d != "." && !seen[d]; d = path.Dir(d) {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	slices.Sort(dirs)
	return dirs
}

// writeFile writes a new file and waits until the disk has it.
func writeFile(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("publish: make file: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("publish: write file: %w", err)
	}
	return nil
}

// syncDir waits until the disk has the names in a directory.
func syncDir(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("publish: sync directory: %w", err)
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("publish: sync directory: %w", err)
	}
	return nil
}
