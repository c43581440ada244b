package check

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

// someKey makes a key that everybody can make again: it protects nothing.
func someKey(t testing.TB, seed byte) *sign.Key {
	t.Helper()
	k, err := sign.Generate("Made up", "security@example.org", someDay.AddDate(0, -1, 0),
		rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// someRecord is a made-up record of a made-up project.
func someRecord(id, module, fixed string) *advisory.Record {
	return &advisory.Record{ID: id, Title: "Made up: " + id, Issued: someDay.AddDate(0, 0, -7),
		Affected: []advisory.Affected{{Ecosystem: advisory.Go, Module: module,
			Ranges: []advisory.Range{{Introduced: "0", Fixed: fixed}}}},
		Severity: []advisory.Severity{{Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}},
		Sections: []advisory.Section{{Name: "Description", Text: "Made up."},
			{Name: "Impact", Text: "None."}, {Name: "Vulnerable systems", Text: "None."},
			{Name: "Mitigation", Text: "None."}, {Name: "Resolution", Text: "Update."}}}
}

var someProject = advisory.Project{Name: "Made up", Prefix: "EX", BaseURL: "https://example.org",
	Contact: []string{"mailto:security@example.org"}, Category: "vendor",
	Policy: "https://example.org/security/", Languages: []string{"en"},
	Modules: []string{"example.org/a"}}

// someTree builds what is published on a day, after another tree.
func someTree(t testing.TB, day time.Time, key *sign.Key, after *export.Tree,
	records ...*advisory.Record) *export.Tree {
	t.Helper()
	o := export.Options{Key: key}
	if after != nil {
		o.Previous = after.Manifest
	}
	tree, err := export.Build(advisory.NewCollection(someProject, records).Public(day), o)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// website publishes trees, one after the other, under the same name.
type website struct{ dir string }

func (w website) publish(t testing.TB, tree *export.Tree) {
	t.Helper()
	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range tree.Files { // Tree.Write waits for the disk
		name := filepath.Join(w.dir, filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (w website) change(t testing.TB, name string, change func([]byte) []byte) {
	t.Helper()
	name = filepath.Join(w.dir, filepath.FromSlash(name))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, change(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (w website) remove(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(w.dir, filepath.FromSlash(name))); err != nil {
			t.Fatal(err)
		}
	}
}

const signaturePath = export.ManifestPath + ".asc"

// target has one module, which the record EX-2026-0001 names.
func oneModule() []*Inventory {
	return []*Inventory{{Target: "app", Kind: KindBinary, Modules: []Module{
		{Ecosystem: advisory.Go, Path: "example.org/a", Version: "1.1.0", File: "app"}}}}
}

// TestAllFormsOfAWebsite opens one tree by every name that it has.
func TestAllFormsOfAWebsite(t *testing.T) {
	w := website{filepath.Join(t.TempDir(), "site")}
	w.publish(t, someTree(t, someDay, someKey(t, 1), nil,
		someRecord("EX-2026-0001", "example.org/a", "1.2.0")))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(w.dir, link); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.FileServer(http.Dir(w.dir)))
	defer server.Close()
	deep := httptest.NewServer(http.StripPrefix("/deep", http.FileServer(http.Dir(w.dir))))
	defer deep.Close()
	for _, base := range []string{w.dir, link, "file://" + w.dir, server.URL, deep.URL + "/deep"} {
		for _, below := range []string{"", "/", "/advisories", "/advisories/", "/advisories/go"} {
			o := Options{Memory: t.TempDir(), Now: someDay}
			d, err := Open(t.Context(), base+below, o)
			if err != nil {
				t.Errorf("%s%s: %v", base, below, err)
				continue
			}
			if !d.Trust.Signed || !d.Trust.FirstUse || d.Trust.Sequence != 1 {
				t.Errorf("%s%s: trust is %s", base, below, d.Trust)
			}
			r, err := Check(t.Context(), oneModule(), []*Database{d}, o)
			if err != nil || r.Status() != Affected || len(r.Reports[0].Verdicts) != 1 {
				t.Errorf("%s%s: %v %v", base, below, r, err)
			}
		}
	}
}

// TestTrust publishes, changes and holds back, and expects what a reader is told who has seen the
// first tree.
func TestTrust(t *testing.T) {
	key, other := someKey(t, 1), someKey(t, 2)
	record := someRecord("EX-2026-0001", "example.org/a", "1.2.0")
	first := someTree(t, someDay, key, nil, record)
	second := someTree(t, someDay.AddDate(0, 0, 7), key, first, record)
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		change func(w website)
		after  time.Duration // of the second look
		keys   []*sign.Public
		want   error
	}{
		{"the same again", func(website) {}, day, nil, nil},
		{"a new one", func(w website) { w.publish(t, second) }, 8 * day, nil, nil},
		{"renewed by nobody", func(website) {}, export.ManifestDays * day, nil, ErrFreeze},
		{"two with one number", func(w website) {
			w.publish(t, someTree(t, someDay.Add(time.Hour), key, nil, record))
		}, day, nil, ErrRollback},
		{"the manifest is changed", func(w website) {
			w.change(t, export.ManifestPath, func(b []byte) []byte {
				return []byte(strings.Replace(string(b), `"sequence":`, `"sequence": `, 1))
			})
		}, day, nil, ErrSignature},
		{"no signature", func(w website) { w.remove(t, signaturePath) }, day, nil, ErrUnsigned},
		{"no manifest", func(w website) { w.remove(t, export.ManifestPath, signaturePath) }, day, nil,
			ErrUnsigned},
		{"another key", func(w website) {
			w.publish(t, someTree(t, someDay.AddDate(0, 0, 1), other, first, record))
		}, 2 * day, nil, ErrKey},
		{"another key, which is known", func(w website) {
			w.publish(t, someTree(t, someDay.AddDate(0, 0, 1), other, first, record))
		}, 2 * day, []*sign.Public{other.Public()}, nil},
		{"an index that is changed", func(w website) {
			w.change(t, "advisories/go/index/modules.json", func([]byte) []byte { return []byte("[]") })
		}, day, nil, ErrChanged},
	} {
		w, memory := website{filepath.Join(t.TempDir(), "site")}, t.TempDir()
		w.publish(t, first)
		if _, err := Open(t.Context(), w.dir, Options{Memory: memory, Now: someDay}); err != nil {
			t.Fatalf("%s: the first look: %v", c.name, err)
		}
		c.change(w)
		d, err := Open(t.Context(), w.dir,
			Options{Memory: memory, Now: someDay.Add(c.after), Keys: c.keys})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err == nil && (!d.Trust.Signed || d.Trust.FirstUse) {
			t.Errorf("%s: trust is %s", c.name, d.Trust)
		}
	}
}

// After a new tree the old one is a rollback.
func TestRollback(t *testing.T) {
	key := someKey(t, 1)
	first := someTree(t, someDay, key, nil)
	second := someTree(t, someDay.AddDate(0, 0, 1), key, first,
		someRecord("EX-2026-0001", "example.org/a", "1.2.0"))
	w := website{filepath.Join(t.TempDir(), "site")}
	o := Options{Memory: t.TempDir(), Now: someDay.AddDate(0, 0, 2)}
	for _, step := range []struct {
		tree *export.Tree
		want error
	}{{first, nil}, {second, nil}, {first, ErrRollback}, {second, nil}} {
		w.publish(t, step.tree)
		if _, err := Open(t.Context(), w.dir, o); !errors.Is(err, step.want) {
			t.Errorf("number %d: %v, want %v", step.tree.Manifest.Sequence, err, step.want)
		}
	}
}

// TestFirstLook is what somebody is told who has seen nothing yet.
func TestFirstLook(t *testing.T) {
	key, other := someKey(t, 1), someKey(t, 2)
	provider := ".well-known/csaf/provider-metadata.json"
	for _, c := range []struct {
		name   string
		change func(w website)
		keys   []*sign.Public
		want   error
		signed bool
	}{
		{"as it is", func(website) {}, nil, nil, true},
		{"with its key", func(website) {}, []*sign.Public{other.Public(), key.Public()}, nil, true},
		{"with another key", func(website) {}, []*sign.Public{other.Public()}, ErrSignature, false},
		{"no manifest", func(w website) { w.remove(t, export.ManifestPath) }, nil, nil, false},
		{"no signature", func(w website) { w.remove(t, signaturePath) }, nil, nil, false},
		{"no metadata", func(w website) { w.remove(t, provider) }, nil, ErrNoKey, false},
		{"no metadata, with its key", func(w website) { w.remove(t, provider) },
			[]*sign.Public{key.Public()}, nil, true},
		{"no key in the metadata", func(w website) {
			w.change(t, provider, func([]byte) []byte { return []byte("{}") })
		}, nil, ErrNoKey, false},
		{"no key", func(w website) { w.remove(t, keyDir+key.Fingerprint()+".asc") }, nil, ErrNoKey,
			false},
		{"another key beside it", func(w website) {
			w.change(t, keyDir+key.Fingerprint()+".asc", func([]byte) []byte {
				return other.PublicKey()
			})
		}, nil, ErrSignature, false},
		{"an entry that is changed", func(w website) {
			w.change(t, "advisories/go/ID/x_EX-2026-0001.json", func(b []byte) []byte {
				return append(b, '\n')
			})
		}, nil, ErrChanged, false},
	} {
		w := website{filepath.Join(t.TempDir(), "site")}
		w.publish(t, someTree(t, someDay, key, nil, someRecord("EX-2026-0001", "example.org/a", "1.2.0")))
		c.change(w)
		o := Options{Memory: t.TempDir(), Now: someDay, Keys: c.keys}
		d, err := Open(t.Context(), w.dir, o)
		if err == nil {
			o.Keys = nil // TestKeysThatSignNothing
			_, err = Check(t.Context(), oneModule(), []*Database{d}, o)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err == nil && d.Trust.Signed != c.signed {
			t.Errorf("%s: trust is %s", c.name, d.Trust)
		}
	}
}

// A key that was given protects nothing if somebody takes the signature away, so that is an error.
func TestKeysThatSignNothing(t *testing.T) {
	key := someKey(t, 1)
	w := website{filepath.Join(t.TempDir(), "site")}
	w.publish(t, someTree(t, someDay, key, nil))
	w.remove(t, export.ManifestPath, signaturePath)
	o := Options{Keys: []*sign.Public{key.Public()}, Now: someDay}
	d, err := Open(t.Context(), w.dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Check(t.Context(), nil, []*Database{d}, o); !errors.Is(err, ErrNotSigned) {
		t.Errorf("error %v", err)
	}
}

// What is remembered and cannot be read is an error: to begin anew would forget the last number.
func TestDamagedMemory(t *testing.T) {
	w := website{filepath.Join(t.TempDir(), "site")}
	w.publish(t, someTree(t, someDay, someKey(t, 1), nil))
	o := Options{Memory: filepath.Join(t.TempDir(), "memory"), Now: someDay}
	if _, err := Open(t.Context(), w.dir, o); err != nil {
		t.Fatal(err)
	}
	list, err := filepath.Glob(filepath.Join(o.Memory, "*"))
	if err != nil || len(list) != 1 {
		t.Fatalf("remembered: %v %v", list, err)
	}
	for _, text := range []string{"", "{}", `{"database": "another"}`, strings.Repeat(" ", 1<<20)} {
		if err := os.WriteFile(list[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := Open(t.Context(), w.dir, o); err == nil {
			t.Errorf("%.20q is read as %s", text, d.Trust)
		}
	}
	if err := os.WriteFile(filepath.Join(o.Memory, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	o.Memory = filepath.Join(o.Memory, "file", "below")
	if d, err := Open(t.Context(), w.dir, o); err != nil || d.Trust.Forgotten == "" {
		t.Errorf("remembered where no directory can be: %v", err)
	}
}

func TestTrustInWords(t *testing.T) {
	for want, trust := range map[string]Trust{
		"unsigned":                     {},
		"unsigned, number 3":           {Sequence: 3},
		"number 3, signed with key AB": {Signed: true, Sequence: 3, Fingerprint: "AB"},
		"number 3, signed with key AB, which is trusted from now on": {Signed: true, FirstUse: true,
			Sequence: 3, Fingerprint: "AB"},
		"number 3, signed with key AB, and not remembered (full)": {Signed: true, FirstUse: true,
			Sequence: 3, Fingerprint: "AB", Forgotten: "full"},
	} {
		if got := trust.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
