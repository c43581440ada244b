package source

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/entropy"
)

func TestSeedFile(t *testing.T) {
	folder := t.TempDir()
	f := SeedFile(filepath.Join(folder, "seed"))
	if seed, err := f.Load(); len(seed) != 0 || err != nil {
		t.Errorf("no file: %x, %v; want nothing", seed, err)
	}
	for _, content := range []string{"first", "second, which is longer", "3rd"} {
		if err := f.Store([]byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := f.Load(); string(got) != content || err != nil {
			t.Errorf("stored %q, loaded %q, %v", content, got, err)
		}
	}
	info, err := os.Stat(string(f))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v; want 0600", info.Mode(), err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v; want the seed alone", entries, err)
	}
	if err := os.Chmod(string(f), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Load(); err == nil || !strings.Contains(err.Error(), "others may read it") {
		t.Errorf("a file that others may read: %v", err)
	}
	bad := SeedFile(filepath.Join(folder, "none", "seed"))
	if err := bad.Store([]byte("x")); err == nil {
		t.Error("a folder that is not there: no error")
	}
	if err := SeedFile(folder).Store([]byte("x")); err == nil {
		t.Error("a folder in the file's place: no error")
	}
	if _, err := SeedFile(folder).Load(); err == nil {
		t.Error("a folder read as seed: no error")
	}
	entries, _ = os.ReadDir(folder)
	if len(entries) != 1 {
		t.Errorf("failed attempts left %v behind", entries)
	}
}

// TestSeedFileInASystem runs two systems after each other.
func TestSeedFileInASystem(t *testing.T) {
	f := SeedFile(filepath.Join(t.TempDir(), "seed"))
	var seeds [][]byte
	for run, want := range []string{"absent: none stored yet", "credited", "credited"} {
		s, err := entropy.New(entropy.Config{Sources: []entropy.Source{Getrandom()}, Seed: f,
			Policy: entropy.Policy{Trust: []string{"getrandom"}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, source := range s.Status().Sources {
			if source.Name == "seed" && source.State != want {
				t.Errorf("run %d: seed is %s, want %s", run, source.State, want)
			}
		}
		if err := s.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		seed, err := f.Load()
		if err != nil || len(seed) == 0 {
			t.Fatalf("run %d left %x, %v", run, seed, err)
		}
		for _, earlier := range seeds {
			if bytes.Equal(seed, earlier) {
				t.Errorf("run %d left the seed of an earlier one", run)
			}
		}
		seeds = append(seeds, seed)
	}
}
