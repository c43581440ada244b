package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
)

// KeptMax is how many trees stay on the disk, the published one among them: a reader that is in the
// middle of an older one can finish, and a person can look at what was public.
const KeptMax = 3

// Endings of what lies beside the link while a tree is being published.
const (
	lockEnding = ".lock"
	linkEnding = ".link" // the link that is to replace the old one
)

// Place is where trees are published: the symbolic link NAME, which points to the directory
// NAME.<sequence>. From Open to Close this process is the only one that changes it.
type Place struct {
	name  string
	lock  *os.File
	old   string            // the directory that the link points to, "" if there is no link yet
	empty bool              // there is an empty directory in the link's place
	step  func(what string) // called after each step; tests stop there
}

// UnsuitableError says that nothing can be published to a place as it is, and what to do about it.
type UnsuitableError struct{ Name, Why, Hint string }

// Error says what is wrong with the place.
func (e *UnsuitableError) Error() string { return fmt.Sprintf("publish: %s %s", e.Name, e.Why) }

// Open takes a place for this process: a *BusyError if another one has it, an *UnsuitableError if
// something else is there. It takes away what a publisher that crashed has left.
func Open(name string) (*Place, error) {
	name = filepath.Clean(name)
	if base := filepath.Base(name); base == "." || base == ".." || base == string(filepath.Separator) {
		return nil, &UnsuitableError{name, "names no link", "name a link that is to be made, as site"}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("publish: make directory: %w", err)
	}
	lock, err := acquire(name + lockEnding)
	if err != nil {
		return nil, err
	}
	p := &Place{name: name, lock: lock, step: func(string) {}}
	err = p.look()
	if err == nil {
		err = p.sweep()
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close lets others publish.
func (p *Place) Close() error { return p.lock.Close() }

// Previous reads the published tree; it is empty if there is none yet.
func (p *Place) Previous() ([]advisory.File, error) {
	if p.old == "" {
		return nil, nil
	}
	return Read(os.DirFS(p.old))
}

// Manifest is that of the published tree; nil if there is none yet.
func (p *Place) Manifest() (*export.Manifest, error) {
	if p.old == "" {
		return nil, nil
	}
	return readManifest(p.old)
}

// look finds out what is in the place.
func (p *Place) look() error {
	info, err := os.Lstat(p.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("publish: look at place: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return p.follow()
	case !info.IsDir():
		return &UnsuitableError{p.name, "is a file", "publish to a name that is free"}
	}
	list, err := os.ReadDir(p.name)
	if err != nil {
		return fmt.Errorf("publish: look at place: %w", err)
	}
	if len(list) > 0 {
		return &UnsuitableError{p.name, "is a directory with files, not a link to a published tree",
			fmt.Sprintf("mv %s %s.before and publish again: %s becomes a link to %s.<sequence>",
				p.name, p.name, p.name, filepath.Base(p.name))}
	}
	p.empty = true
	return nil
}

// follow reads the link, which must be one that a publisher made.
func (p *Place) follow() error {
	target, err := os.Readlink(p.name)
	if err != nil {
		return fmt.Errorf("publish: read link: %w", err)
	}
	_, ok := p.sequence(target)
	if !ok {
		return &UnsuitableError{p.name, "is a link to " + target + ", which no publisher made",
			"publish to another name, or remove the link"}
	}
	p.old = filepath.Join(filepath.Dir(p.name), target)
	return nil
}

// directory returns the directory of a sequence number.
func (p *Place) directory(sequence int) string { return fmt.Sprintf("%s.%d", p.name, sequence) }

// sequence reads the number of a directory's name, without its path.
func (p *Place) sequence(base string) (int, bool) {
	digits, ok := strings.CutPrefix(base, filepath.Base(p.name)+".")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n > 0 && digits == strconv.Itoa(n)
}

// trees returns the sequence numbers of the trees on the disk, newest first. A directory is a tree
// of ours only if it has a manifest of its number: no other one is ever removed.
func (p *Place) trees() ([]int, error) {
	list, err := os.ReadDir(filepath.Dir(p.name))
	if err != nil {
		return nil, fmt.Errorf("publish: list trees: %w", err)
	}
	var found []int
	for _, entry := range list {
		n, ok := p.sequence(entry.Name())
		if ok && entry.IsDir() && p.ours(n) {
			found = append(found, n)
		}
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found, nil
}

// ours tells whether the directory of a sequence number has the manifest of that number.
func (p *Place) ours(sequence int) bool {
	m, err := readManifest(p.directory(sequence))
	return err == nil && m.Sequence == sequence
}

func readManifest(dir string) (*export.Manifest, error) {
	b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(export.ManifestPath)))
	if err != nil {
		return nil, fmt.Errorf("publish: read manifest: %w", err)
	}
	return export.ReadManifest(b)
}

// sweep takes away what a publisher that did not end well has left: partial trees, a link that was
// not put in place, and whole trees that the link never pointed to.
func (p *Place) sweep() error {
	list, err := os.ReadDir(filepath.Dir(p.name))
	if err != nil {
		return fmt.Errorf("publish: list what is left: %w", err)
	}
	for _, entry := range list {
		name := entry.Name()
		if p.partial(name) || name == filepath.Base(p.name)+linkEnding {
			if err := os.RemoveAll(filepath.Join(filepath.Dir(p.name), name)); err != nil {
				return fmt.Errorf("publish: remove what is left: %w", err)
			}
		}
	}
	current := 0
	if p.old != "" {
		current, _ = p.sequence(filepath.Base(p.old))
	}
	trees, err := p.trees()
	if err != nil {
		return err
	}
	for _, n := range trees {
		if n > current {
			if err := p.remove(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// partial tells whether a name is that of a tree which is being written (export.Tree.Write) or
// removed: .NAME.SEQUENCE.anything.
func (p *Place) partial(base string) bool {
	rest, hidden := strings.CutPrefix(base, ".")
	end := strings.LastIndexByte(rest, '.')
	if !hidden || end < 0 {
		return false
	}
	_, ok := p.sequence(rest[:end])
	return ok
}

// remove takes a tree away. It loses its name first, so that a crash leaves no half of a tree under
// the name of a whole one.
func (p *Place) remove(sequence int) error {
	dir := p.directory(sequence)
	partial := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".removed")
	err := os.Rename(dir, partial)
	if err == nil {
		err = os.RemoveAll(partial)
	}
	if err != nil {
		return fmt.Errorf("publish: remove tree: %w", err)
	}
	return nil
}
