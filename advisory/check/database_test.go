package check

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/atoll-os/atoll/advisory/osv"
)

// entry is a made-up record in OSV.
func entry(id, module, fixed string) string {
	return fmt.Sprintf(`{"id": %q, "modified": "2026-06-01T00:00:00Z", "summary": "Made up",
 "affected": [{"package": {"ecosystem": "Go", "name": %q},
  "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": %q}]}]}]}`,
		id, module, fixed)
}

// someZip packs files.
func someZip(t testing.TB, files ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.Create(f[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// found returns the ids of the records about example.org/a.
func found(t *testing.T, location string) (ids []string, kind string, err error) {
	t.Helper()
	d, err := Open(t.Context(), location, Options{Now: someDay})
	if err != nil {
		return nil, "", err
	}
	list, _, err := d.records.named(t.Context(), needOf(oneModule()))
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids, d.Kind, err
}

// TestKindsOfDatabases opens each kind from the disk, and what can be over the network.
func TestKindsOfDatabases(t *testing.T) {
	archive := someZip(t, [2]string{"EX-1.json", entry("EX-1", "example.org/a", "1.2.0")},
		[2]string{"index/db.json", "{}"},
		[2]string{"ID/EX-2.json", entry("EX-2", "example.org/b", "1.2.0")})
	unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "osv.zip", Data: archive},
		{Name: "osv/EX-1.json", Data: []byte(entry("EX-1", "example.org/a", "1.2.0"))},
		{Name: "osv/deep/EX-2.json", Data: []byte(entry("EX-2", "example.org/b", "1.2.0"))},
		{Name: "osv/all.json", Data: []byte("[]")},
		{Name: "go/index/modules.json", Data: []byte(`[{"path": "example.org/a",
			"vulns": [{"id": "EX-1", "modified": "2026-06-01T00:00:00Z"}]}]`)},
		{Name: "go/index/db.json", Data: []byte(`{"modified": "2026-06-01T00:00:00Z"}`)},
		{Name: "go/ID/EX-1.json", Data: []byte(entry("EX-1", "example.org/a", "1.2.0"))},
		{Name: "written/project.yaml", Data: someProject.Append(nil)},
		{Name: "written/2026/EX-2026-0001.md",
			Data: someRecord("EX-2026-0001", "example.org/a", "1.2.0").Append(nil)},
	}})
	server := httptest.NewServer(http.FileServer(http.Dir(".")))
	defer server.Close()
	for _, c := range []struct{ location, id, kind string }{
		{"osv.zip", "EX-1", "OSV zip"},
		{server.URL + "/osv.zip", "EX-1", "OSV zip"},
		{"osv", "EX-1", "OSV records"},
		{"go", "EX-1", "Go vulnerability database"},
		{"written", "x_EX-2026-0001", "Atoll records"},
	} {
		ids, kind, err := found(t, c.location)
		if err != nil || !slices.Equal(ids, []string{c.id}) || kind != c.kind {
			t.Errorf("%s: %v %s %v", c.location, ids, kind, err)
		}
	}
}

// TestNoDatabase opens what is none, or is broken.
func TestNoDatabase(t *testing.T) {
	long := strings.Repeat(" ", osv.EntryBytesMax)
	unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "text", Data: []byte("text")},
		{Name: "empty.zip", Data: someZip(t)},
		{Name: "bomb.zip", Data: someZip(t, [2]string{"EX-1.json", entry("EX-1", "m", "1.0.0") + long})},
		{Name: "broken.zip", Data: someZip(t, [2]string{"EX-1.json", "{\n\n,"})},
		{Name: "noid.zip", Data: someZip(t, [2]string{"EX-1.json", "{}"})},
		{Name: "nothing/readme", Data: nil},
		{Name: "broken/EX-1.json", Data: []byte("[]")},
		{Name: "project/project.yaml", Data: []byte("name: [")},
		{Name: "later/project.yaml", Data: someProject.Append(nil)},
		{Name: "later/2026/EX-2026-0001.md", Data: bytes.Replace(someRecord("EX-2026-0001",
			"example.org/a", "1.2.0").Append(nil), []byte("\naffected:"),
			[]byte("\nmodified: 9999-01-01T00:00:00Z\naffected:"), 1)},
		{Name: "go1/index/modules.json", Data: []byte("{")},
		{Name: "go2/index/modules.json", Data: []byte(`[{"path": "example.org/a",
			"vulns": [{"id": "../../x"}]}]`)},
		{Name: "go3/index/modules.json", Data: []byte(`[{"path": "example.org/a",
			"vulns": [{"id": "EX-1"}]}]`)},
		{Name: "go4/index/modules.json", Data: []byte(`[{"path": "example.org/a",
			"vulns": [{"id": "EX-1"}]}]`)},
		{Name: "go2/index/db.json", Data: []byte("{}")},
		{Name: "go3/index/db.json", Data: []byte("{}")},
		{Name: "go4/index/db.json", Data: []byte("{}")},
		{Name: "go4/ID/EX-1.json", Data: []byte(entry("EX-2", "example.org/a", "1.2.0"))},
	}})
	for location, want := range map[string]string{
		"gone": "no such file", "text": "no database", "empty.zip": "no record is in the zip",
		"bomb.zip": "more than 4194304 bytes", "broken.zip": "EX-1.json",
		"noid.zip": "cannot name a file",
		"nothing":  "no database", "broken": "EX-1.json: osv", "project": "project.yaml",
		"later": "EX-2026-0001 was modified at a time to come",
		"go1":   "index/modules.json", "go2": "is no id", "go3": "no such file",
		"go4": "has entry EX-2", "ftp://example.org": "only https, http and file",
		"https://": "only https", "file://host/x": "only https", "http://%zz": "invalid URL",
	} {
		if _, _, err := found(t, location); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", location, err, want)
		}
	}
}

// TestServers has servers that do not do what they should.
func TestServers(t *testing.T) {
	serve := func(f http.HandlerFunc) string {
		s := httptest.NewServer(f)
		t.Cleanup(s.Close)
		return s.URL
	}
	secure := httptest.NewTLSServer(http.RedirectHandler("http://127.0.0.1/", http.StatusFound))
	defer secure.Close()
	for _, c := range []struct{ name, url, want string }{
		{"nothing", serve(http.NotFound), "no database"},
		{"gone", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }),
			"no database"},
		{"fails", serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), "503"},
		{"in circles", serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}), "over 5 redirects"},
		{"no gzip", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte("\x1f\x8bnonsense"))
		}), "gzip"},
		{"long headers", serve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*headerBytesMax))
		}), "exceeded"},
		{"nobody", "http://127.0.0.1:1", "refused"},
		{"unknown certificate", secure.URL, "certificate"},
		{"a zip that is none", serve(func(w http.ResponseWriter, _ *http.Request) {}) + "/a.zip",
			"no database"},
		{"a zip that is gone", serve(http.NotFound) + "/a.zip", "not exist"},
	} {
		if _, _, err := found(t, c.url); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	// One that unpacks on its own account still serves.
	plain := serve(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/index/modules.json.gz":
			fmt.Fprint(w, `[{"path": "example.org/a", "vulns": [{"id": "EX-1"}]}]`)
		case "/index/db.json.gz":
			fmt.Fprint(w, "{}")
		case "/ID/EX-1.json.gz":
			fmt.Fprint(w, entry("EX-1", "example.org/a", "1.2.0"))
		default:
			http.NotFound(w, r)
		}
	})
	if ids, _, err := found(t, plain); err != nil || len(ids) != 1 {
		t.Errorf("a server that unpacks: %v %v", ids, err)
	}
}

// TestTooManyRequests has a server that wants to be asked again, one that always wants to, and
// some of which nobody waits for the answer.
func TestTooManyRequests(t *testing.T) {
	asked := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.URL.Path]++
		switch r.URL.Path {
		case "/slow":
			w.Header().Set("Retry-After", "3600")
		case "/endless": // as a time.Duration, below 0
			w.Header().Set("Retry-After", "9223372037")
		default:
			w.Header().Set("Retry-After", "0")
		}
		if r.URL.Path != "/soon" || asked[r.URL.Path] < 3 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	defer server.Close()
	where, err := http.NewRequest(http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWeb(where.URL)
	if _, err := w.get(t.Context(), "soon", 10); err != nil || asked["/soon"] != 3 {
		t.Errorf("soon: %v after %d requests", err, asked["/soon"])
	}
	_, err = w.get(t.Context(), "never", 10)
	if err == nil || !strings.Contains(err.Error(), "429") || asked["/never"] != retriesMax+1 {
		t.Errorf("never: %v after %d requests", err, asked["/never"])
	}
	for _, name := range []string{"slow", "endless"} {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := w.get(ctx, name, 10); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRedirectToPlainText refuses to leave https.
func TestRedirectToPlainText(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	defer secure.Close()
	where, err := http.NewRequest(http.MethodGet, secure.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := newWeb(where.URL)
	w.client.Transport = secure.Client().Transport
	if _, err := w.get(t.Context(), "index", 10); err == nil || !strings.Contains(err.Error(),
		"a redirect from https to http") {
		t.Errorf("error %v", err)
	}
	if _, err := w.get(t.Context(), "../index", 10); err == nil {
		t.Error("a name that leaves the tree is fetched")
	}
	if _, err := folder(".").get(t.Context(), "../index", 10); err == nil {
		t.Error("a name that leaves the tree is read")
	}
}

// Of two records with one id the one that was changed last counts.
func TestTheLastChangeCounts(t *testing.T) {
	older := strings.Replace(entry("EX-1", "example.org/a", "1.1.0"), "2026-06", "2026-05", 1)
	unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "old/EX-1.json", Data: []byte(older)},
		{Name: "new/EX-1.json", Data: []byte(entry("EX-1", "example.org/a", "1.2.0"))},
	}})
	for _, order := range [][]string{{"old", "new"}, {"new", "old"}} {
		var databases []*Database
		for _, o := range order {
			d, err := Open(t.Context(), o, Options{})
			if err != nil {
				t.Fatal(err)
			}
			databases = append(databases, d)
		}
		r, err := Check(t.Context(), oneModule(), databases, Options{})
		if err != nil || len(r.Reports[0].Verdicts) != 1 || r.Status() != Affected ||
			r.Reports[0].Verdicts[0].Record.Database != "new" {
			t.Errorf("%v: %+v %v", order, r, err)
		}
	}
}

// Many are fetched at a time; an error ends it, and so does who waits.
func TestEach(t *testing.T) {
	wrong := errors.New("wrong")
	err := each(t.Context(), 100, func(ctx context.Context, i int) error {
		if i == 20 {
			return wrong
		}
		return ctx.Err()
	})
	if !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	err = each(ctx, 100, func(ctx context.Context, _ int) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if err == nil {
		t.Error("it goes on without anybody who waits")
	}
	if err := each(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

// A file that is no file is not waited for.
func TestPipes(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Symlink("/dev/zero", "zero"); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(t.Context(), "zero", nil); !errors.Is(err, ErrNoTarget) {
		t.Errorf("a device: %v", err)
	}
	if _, err := Read(t.Context(), filepath.Join("zero", "x"), nil); err == nil {
		t.Error("below a device there is something")
	}
}
