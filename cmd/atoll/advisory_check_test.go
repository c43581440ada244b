package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// asksAboutItself gives a script the program calls of testdata/advisory_check.txtar, with a made-up
// project's records, their tree and its key.
func asksAboutItself(t *testing.T, script string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/advisory_check.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive.Comment = []byte(`env XDG_CACHE_HOME=$WORK/cache
env GOFLAGS=-mod=vendor
cd calls
exec atoll advisory init --project Example --prefix EX --base-url https://example.org ` +
		`--module example.org/mod --key key.asc
cp ../one.md advisories/2026/EX-2026-0001.md
cp ../ignore.yaml ignore.yaml
exec atoll advisory export --key key.asc --out tree
` + script)
	return string(txtar.Format(archive))
}

// TestExamplesOfCheck runs the examples of its help.
func TestExamplesOfCheck(t *testing.T) {
	script := scriptOf("```sh\n" + unindent(newAdvisoryCheck().Example) + "\n```\n")
	dir := t.TempDir()
	name := filepath.Join(dir, "check.txtar")
	if err := os.WriteFile(name, []byte(asksAboutItself(t, script)), 0o644); err != nil {
		t.Fatal(err)
	}
	runScripts(t, dir)
}

// TestCheckExitCodes has what testscript cannot tell apart: which code it is that is not 0.
func TestCheckExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	const record = `{"id": "EX-1", "modified": "2026-06-01T00:00:00Z", "affected": [{
		"package": {"ecosystem": "Go", "name": "example.org/a"},
		"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]}`
	const replace = "replace example.org/a => ../a\n"
	mod := func(version string) string {
		return "module example.org/app\ngo 1.26\nrequire example.org/a " + version + "\n"
	}
	for name, text := range map[string]string{
		"db/EX-1.json": record, "affected/go.mod": mod("v1.1.0"), "fixed/go.mod": mod("v1.2.0"),
		"unknown/go.mod": mod("v1.2.0") + replace, "nothing/readme": "",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for args, want := range map[string]int{
		"fixed --db db":                            exitDone,
		"nothing --db db":                          exitFailed,
		"fixed --db nothing":                       exitFailed,
		"fixed":                                    exitUsage,
		"fixed --db db --format xml":               exitUsage,
		"affected --db db":                         exitAffected,
		"affected --db db --json":                  exitAffected,
		"affected --db db --format sarif":          exitAffected,
		"affected unknown --db db":                 exitAffected,
		"affected unknown --db db --allow-unknown": exitAffected,
		"unknown --db db":                          exitUnknown,
		"unknown fixed --db db":                    exitUnknown,
		"unknown --db db --allow-unknown":          exitDone,
	} {
		var out, talk bytes.Buffer
		words := append([]string{"advisory", "check"}, strings.Fields(args)...)
		if got := run(words, &out, &talk); got != want {
			t.Errorf("%s: exit %d, want %d\n%s%s", args, got, want, &out, &talk)
		}
	}
}
