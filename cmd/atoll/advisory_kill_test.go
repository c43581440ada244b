package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory/publish"
)

// killsWanted is how often a publisher is killed.
const killsWanted = 30

// atollIn runs a command about advisories in a directory.
func atollIn(dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	c := exec.Command("atoll", append([]string{"advisory"}, args...)...)
	var out bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = dir, &out, &out
	return c, &out
}

// someRecords makes a directory of records, and a key.
func someRecords(t *testing.T, dir string) {
	t.Helper()
	c, out := atollIn(dir, "init", "--project", "Made Up", "--prefix", "MU", "--base-url",
		"https://made-up.example", "--key", "mu.key")
	if err := c.Run(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	record, err := os.ReadFile("../../advisories/imported/OSEC-2022-01.md")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		id := fmt.Sprintf("OSEC-2022-%02d", i+1)
		text := strings.Replace(string(record), "id: OSEC-2022-01", "id: "+id, 1)
		text = strings.Replace(text, "CVE-2022-46770", fmt.Sprintf("CVE-2022-%d", 50000+i), 1)
		name := filepath.Join(dir, "advisories", "imported", id+".md")
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A publisher that is killed at any point leaves the old tree or the new one, whole and signed, and
// the next one publishes. The points are spread over what a whole run takes.
func TestKilledWhilePublishing(t *testing.T) {
	dir := t.TempDir()
	someRecords(t, dir)
	publishing := []string{"publish", "--to", "site", "--key", "mu.key"}
	must := func() {
		t.Helper()
		if c, out := atollIn(dir, publishing...); c.Run() != nil {
			t.Fatal(out)
		}
	}
	key, err := readPublicKey(filepath.Join(dir, "mu.key"))
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	must()
	whole, last, killed := time.Since(begin), 1, 0
	random := rand.New(rand.NewPCG(1, 2))
	for try := range killsWanted {
		c, out := atollIn(dir, publishing...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(random.Int64N(int64(whole))))
		c.Process.Kill()
		if err := c.Wait(); err != nil && !strings.Contains(err.Error(), "killed") {
			t.Fatalf("%v\n%s", err, out)
		} else if err != nil {
			killed++
		}
		tree, err := publish.Read(os.DirFS(filepath.Join(dir, "site")))
		if err != nil {
			t.Fatalf("try %d: %v", try, err)
		}
		v := verify(t.Context(), tree, publish.Terms{Date: time.Now(), Key: key})
		if len(v.Findings) > 0 || v.Sequence != last && v.Sequence != last+1 {
			t.Fatalf("try %d: after %d, %d is published: %v", try, last, v.Sequence, v.Findings)
		}
		last = v.Sequence
	}
	must()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		if strings.HasPrefix(entry.Name(), ".") || strings.HasSuffix(entry.Name(), ".link") {
			t.Errorf("left behind: %s", entry.Name())
		}
	}
	t.Logf("%d of %d killed, a whole run takes %v, %d trees were published", killed, killsWanted,
		whole.Round(time.Millisecond), last+1)
}
