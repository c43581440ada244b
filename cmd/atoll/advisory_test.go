package main

import (
	"bytes"
	"context"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/advisory"
)

// held waits until another process has a lock.
func held(ts *testscript.TestScript, _ bool, args []string) {
	until(ts, args[0]+" is not held", func() bool {
		f, err := os.Open(ts.MkAbs(args[0]))
		if err != nil {
			return false
		}
		defer f.Close()
		return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil
	})
}

// serve serves a directory on a port of the loopback until the script is over.
func serve(ts *testscript.TestScript, _ bool, args []string) {
	server := &http.Server{Addr: "127.0.0.1:" + args[1],
		Handler: http.FileServer(http.Dir(ts.MkAbs(args[0])))}
	go server.ListenAndServe()
	ts.Defer(func() { server.Shutdown(context.Background()) })
	listening(ts, false, args[1:])
}

// foreign fails if a tree has a word in it, but for the name of a command.
func foreign(ts *testscript.TestScript, _ bool, args []string) {
	root, word := os.DirFS(ts.MkAbs(args[0])), []byte(args[1])
	seen := 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, name)
		seen++
		text = bytes.ReplaceAll(bytes.ToLower(text), []byte("atoll advisory check"), nil)
		if at := bytes.Index(text, word); at >= 0 || strings.Contains(name, args[1]) {
			ts.Fatalf("%s has the word: …%s…", name, text[max(0, at-40):min(len(text), max(at, 0)+40)])
		}
		return err
	})
	ts.Check(err)
	if seen < 20 {
		ts.Fatalf("only %d files in %s", seen, args[0])
	}
}

// examplesBegin are what the examples of a verb need to be there before.
const examplesBegin = `
exec atoll advisory export --out tree --from theirs
cp tree/advisories/go/vulndb.zip vulndb.zip
rm tree
`

// Every example in the help of the verbs about advisories is run, each in a directory with a
// record, sources of others and a mirror. Check has a test of its own.
func TestExamplesInHelpOfAdvisory(t *testing.T) {
	dir := t.TempDir()
	record, err := os.ReadFile("testdata/advisory_show.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, records, _ := strings.Cut(string(record), "\n-- ")
	ours := "\n-- " + strings.NewReplacer("MU-", "EX-", "prefix: MU", "prefix: EX",
		"made-up.example", "example.org").Replace(records)
	sources := strings.NewReplacer("-- advisories/", "-- theirs/", "EX-", "TH-", "prefix: EX",
		"prefix: TH").Replace(ours)
	for name, source := range map[string]string{"OSEC-2022-01.json": "osec/OSEC-2022-01.json",
		"03.txt.asc": "msa/03.txt", "xsa.json": "xsa.json"} {
		text, err := os.ReadFile("../../advisory/history/testdata/" + source)
		if err != nil {
			t.Fatal(err)
		}
		sources += "\n-- " + name + " --\n" + string(text)
	}
	begin := map[string]string{
		"import": "exec atoll advisory init --project Others --prefix OT --base-url https://ot.example" +
			" others\n",
		"verify": "exec atoll advisory publish --to site\n",
	}
	for _, c := range newAdvisory().Commands() {
		files := ours + sources
		switch c.Name() {
		case "check":
			continue
		case "init":
			files = sources
		}
		script := begin[c.Name()] + examplesBegin +
			scriptOf("```sh\n"+unindent(c.Example)+"\n```\n") + files
		name := filepath.Join(dir, c.Name()+".txtar")
		if err := os.WriteFile(name, []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runScripts(t, dir)
}

// On a terminal, new asks for what no flag says, and offers what it knows.
func TestNewAsks(t *testing.T) {
	project := advisory.Project{Prefix: "MU", Modules: []string{"made-up.example/mod"}}
	c := advisory.NewCollection(project, nil)
	for _, test := range []struct {
		flags   newFlags
		answers string
		want    newFlags
		asked   int
	}{
		{newFlags{introduced: "0"}, "Made up\n\n1.1.0\n1.2.3\n\n", newFlags{title: "Made up",
			module: "made-up.example/mod", introduced: "1.1.0", fixed: "1.2.3"}, 5},
		{newFlags{title: "Made up", module: "stdlib", introduced: "0"}, "", newFlags{title: "Made up",
			module: "stdlib", introduced: "0"}, 3},
		{newFlags{title: "a", introduced: "1.0.0", fixed: "1.1.0", severity: "x"}, "other.example/m\n",
			newFlags{title: "a", module: "other.example/m", introduced: "1.0.0", fixed: "1.1.0",
				severity: "x"}, 1},
	} {
		var out bytes.Buffer
		if err := test.flags.ask(strings.NewReader(test.answers), &out, c); err != nil {
			t.Fatal(err)
		}
		if got := test.flags; got.title != test.want.title || got.module != test.want.module ||
			got.introduced != test.want.introduced || got.fixed != test.want.fixed {
			t.Errorf("%q gives %+v, want %+v", test.answers, got, test.want)
		}
		if n := strings.Count(out.String(), ": "); n != test.asked {
			t.Errorf("%d questions, want %d:\n%s", n, test.asked, &out)
		}
	}
}
