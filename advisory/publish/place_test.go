package publish

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

var background = context.Background()

// series publishes one tree after the other, each a day later.
type series struct {
	t    *testing.T
	name string
	key  *sign.Key
	last *export.Tree
	day  time.Time
}

func newSeries(t *testing.T) *series {
	return &series{t: t, name: filepath.Join(t.TempDir(), "site"), key: testKey(t, 1), day: firstDay}
}

// open opens the place, which must be free.
func (s *series) open() *Place {
	s.t.Helper()
	p, err := Open(s.name)
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// next makes the tree that follows what is published.
func (s *series) next(p *Place) *export.Tree {
	s.t.Helper()
	m, err := p.Manifest()
	if err != nil {
		s.t.Fatal(err)
	}
	s.day = s.day.Add(24 * time.Hour)
	var previous *export.Tree
	if m != nil {
		previous = &export.Tree{Manifest: m}
	}
	s.last = treeOf(s.t, records(), s.day, s.key, previous, pages()...)
	return s.last
}

// publish publishes the next tree.
func (s *series) publish() {
	s.t.Helper()
	p := s.open()
	defer p.Close()
	dir, err := p.Publish(background, s.next(p), Options{Date: s.day, Now: s.day})
	if err != nil {
		s.t.Fatal(err)
	}
	if want := fmt.Sprintf("%s.%d", s.name, s.last.Manifest.Sequence); dir != want {
		s.t.Errorf("published as %s, want %s", dir, want)
	}
	s.published(s.last.Manifest.Sequence)
}

// published checks that readers see the whole tree of a sequence number, 0 for none.
func (s *series) published(sequence int) {
	s.t.Helper()
	tree, err := Read(os.DirFS(s.name))
	if sequence == 0 {
		if len(tree) > 0 {
			s.t.Fatalf("%d files are published", len(tree))
		}
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
	found := Judge(background, tree, Terms{Date: s.day, Key: s.key.Public()})
	if len(found) > 0 {
		s.t.Errorf("published: %v", found)
	}
	i := slices.IndexFunc(tree, func(f advisory.File) bool { return f.Path == export.ManifestPath })
	m, err := export.ReadManifest(tree[i].Data)
	if err != nil || m.Sequence != sequence {
		s.t.Errorf("published is %d, %v; want %d", m.Sequence, err, sequence)
	}
}

// beside lists what is in the folder of the place.
func (s *series) beside() string {
	s.t.Helper()
	list, err := os.ReadDir(filepath.Dir(s.name))
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// Trees follow one another, and the last KeptMax stay.
func TestPublishInTurn(t *testing.T) {
	s := newSeries(t)
	for range KeptMax + 2 {
		s.publish()
	}
	if got, want := s.beside(), "site site.3 site.4 site.5 site.lock"; got != want {
		t.Errorf("there is %s, want %s", got, want)
	}
	target, err := os.Readlink(s.name)
	if err != nil || target != "site.5" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}

// stopped is what a step that is the last one panics with.
type stopped struct{}

// stopAfter publishes, and stops dead after so many steps: nothing is cleaned up, and the lock is
// gone as it goes with a process. It tells whether there were so many.
func (s *series) stopAfter(steps int) (reached bool) {
	s.t.Helper()
	p := s.open()
	defer p.Close()
	p.step = func(string) {
		if steps--; steps == 0 {
			panic(stopped{})
		}
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stopped); !ok {
				panic(r)
			}
			reached = true
		}
	}()
	if _, err := p.Publish(background, s.next(p), Options{Date: s.day, Now: s.day}); err != nil {
		s.t.Fatal(err)
	}
	return false
}

// A publisher that stops after any step leaves the old tree or the new one, whole; the next one
// takes away what it left, and publishes. First in a series of trees, then where there is none yet,
// but an empty directory.
func TestStopAfterEachStep(t *testing.T) {
	s := newSeries(t)
	for range KeptMax {
		s.publish()
	}
	steps := 1
	for ; s.stopsWell(steps); steps++ {
	}
	if steps < 4 {
		t.Errorf("only %d steps", steps)
	}
	for steps = 1; ; steps++ {
		s := newSeries(t)
		if err := os.Mkdir(s.name, 0o755); err != nil {
			t.Fatal(err)
		}
		if !s.stopsWell(steps) {
			break
		}
	}
}

// stopsWell stops a publisher after a step and checks what is left. It tells whether there was such
// a step.
func (s *series) stopsWell(steps int) bool {
	s.t.Helper()
	before := s.sequence()
	reached := s.stopAfter(steps)
	if m := s.sequence(); m != before && m != before+1 {
		s.t.Errorf("after %d, step %d: %d is published", before, steps, m)
	}
	s.published(s.sequence())
	s.publish()
	for _, entry := range strings.Fields(s.beside()) {
		if strings.HasPrefix(entry, ".") || strings.HasSuffix(entry, linkEnding) {
			s.t.Errorf("after %d, step %d: left behind: %s", before, steps, entry)
		}
	}
	if n := strings.Count(s.beside(), "site.") - 1; n > KeptMax {
		s.t.Errorf("after %d, step %d: %d trees are kept", before, steps, n)
	}
	return reached
}

// sequence returns what the link points to, 0 for nothing.
func (s *series) sequence() int {
	target, err := os.Readlink(s.name)
	if err != nil {
		return 0
	}
	n, ok := (&Place{name: s.name}).sequence(target)
	if !ok {
		s.t.Errorf("the link leads to %q", target)
	}
	return n
}

// What a publisher leaves that is killed while it writes or removes a tree is swept up; nothing
// else is touched.
func TestSweep(t *testing.T) {
	s := newSeries(t)
	s.publish()
	dir := filepath.Dir(s.name)
	mine := []string{"site.9/notes.txt", ".sites.1.2/x", ".site.x.1/x", "site.1.old/x", "site.txt"}
	for _, name := range append(mine, ".site.2.123/half", ".site.1.removed/half") {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("site.2", s.name+linkEnding); err != nil {
		t.Fatal(err)
	}
	s.publish()
	want := ".site.x.1 .sites.1.2 site site.1 site.1.old site.2 site.9 site.lock site.txt"
	if got := s.beside(); got != want {
		t.Errorf("there is %s, want %s", got, want)
	}
}

// A place with something else in it is refused, with a hint, and stays as it is.
func TestUnsuitablePlaces(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(name string) error
		want string
	}{
		{"directory", func(name string) error {
			return errors.Join(os.Mkdir(name, 0o755),
				os.WriteFile(filepath.Join(name, "index.html"), []byte("mine"), 0o644))
		}, "is a directory with files"},
		{"file", func(name string) error { return os.WriteFile(name, []byte("mine"), 0o644) },
			"is a file"},
		{"link elsewhere", func(name string) error { return os.Symlink("elsewhere", name) },
			"is a link to elsewhere"},
		{"link out", func(name string) error { return os.Symlink("../site.1", name) },
			"is a link to ../site.1"},
		{"link to zero", func(name string) error { return os.Symlink("site.0", name) },
			"is a link to site.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "site")
			if err := c.make(name); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(name)
			_, err := Open(name)
			var unsuitable *UnsuitableError
			if !errors.As(err, &unsuitable) || !strings.Contains(err.Error(), c.want) ||
				unsuitable.Hint == "" {
				t.Errorf("got %v, want %q with a hint", err, c.want)
			}
			if after, err := os.Lstat(name); err != nil || after.Mode() != before.Mode() {
				t.Errorf("it was touched: %v", err)
			}
		})
	}
	for _, name := range []string{".", "..", "/"} {
		if _, err := Open(name); err == nil {
			t.Errorf("%q is taken for a place", name)
		}
	}
}

// One publisher at a time; the lock ends with the one who has it.
func TestOneAtATime(t *testing.T) {
	s := newSeries(t)
	p := s.open()
	_, err := Open(s.name)
	var busy *BusyError
	if !errors.As(err, &busy) || !strings.Contains(err.Error(), "site.lock") {
		t.Errorf("got %v, want the lock's name", err)
	}
	p.Close()
	s.publish()
}

// What the gate refuses is not published, nor is a tree of another day than today.
func TestRefused(t *testing.T) {
	s := newSeries(t)
	s.publish()
	p := s.open()
	defer p.Close()
	tree := treeOf(t, records()[1:], s.day, s.key, s.last, pages()...)
	_, err := p.Publish(background, tree, Options{Date: s.day, Now: s.day})
	var refused *RefusedError
	if !errors.As(err, &refused) || len(refused.Findings) < 3 ||
		!strings.Contains(err.Error(), "reasons") {
		t.Errorf("got %v, want findings", err)
	}
	one := &RefusedError{refused.Findings[:1]}
	if !strings.Contains(one.Error(), refused.Findings[0].File) {
		t.Errorf("one reason: %v", one)
	}
	good := s.next(p)
	for _, off := range []time.Duration{DateErrorMax + time.Second, -DateErrorMax - time.Second} {
		_, err = p.Publish(background, good, Options{Date: s.day, Now: s.day.Add(off)})
		var date *DateError
		if !errors.As(err, &date) || !strings.Contains(err.Error(), "24h0m0s off the clock") {
			t.Errorf("off by %v: %v", off, err)
		}
	}
	s.published(1)
	close := Options{Date: s.day, Now: s.day.Add(DateErrorMax)}
	if _, err := p.Publish(background, good, close); err != nil {
		t.Errorf("a day off: %v", err)
	}
}

// An interrupt while the gate looks or the files are written leaves the published tree.
func TestInterrupted(t *testing.T) {
	s := newSeries(t)
	s.publish()
	p := s.open()
	defer p.Close()
	next := s.next(p)
	for _, when := range []string{"judging", "writing"} {
		ctx, cancel := context.WithCancel(background)
		stop := func(done, _ int) {
			if done == 3 {
				cancel()
			}
		}
		o := Options{Date: s.day, Now: s.day}
		if when == "judging" {
			o.Judging = stop
		} else {
			o.Writing = stop
		}
		if _, err := p.Publish(ctx, next, o); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", when, err)
		}
		cancel()
		s.published(1)
	}
	if _, err := p.Publish(background, next, Options{Date: s.day, Now: s.day}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A directory of the tree's name that is no tree is nobody's to remove.
func TestInTheWay(t *testing.T) {
	s := newSeries(t)
	if err := os.MkdirAll(s.name+".1/mine", 0o755); err != nil {
		t.Fatal(err)
	}
	p := s.open()
	defer p.Close()
	_, err := p.Publish(background, s.next(p), Options{Date: s.day, Now: s.day})
	var unsuitable *UnsuitableError
	if !errors.As(err, &unsuitable) || !strings.Contains(unsuitable.Hint, "mv ") {
		t.Errorf("got %v, want a hint", err)
	}
}

// A published tree that was broken by hand stops the next one: nobody knows what it promised.
func TestBrokenByHand(t *testing.T) {
	s := newSeries(t)
	s.publish()
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, s.name+".1/docs/secret"); err != nil {
		t.Fatal(err)
	}
	p := s.open()
	_, err := p.Publish(background, s.next(p), Options{Date: s.day, Now: s.day})
	if err == nil || !strings.Contains(err.Error(), "docs/secret is no plain file") {
		t.Errorf("a link in the tree: %v", err)
	}
	p.Close()
	manifest := filepath.Join(s.name+".1", filepath.FromSlash(export.ManifestPath))
	if err := os.Remove(manifest); err != nil {
		t.Fatal(err)
	}
	p = s.open()
	defer p.Close()
	if _, err := p.Manifest(); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no manifest: %v", err)
	}
}
