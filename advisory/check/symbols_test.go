package check

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"golang.org/x/vuln/scan"

	"github.com/atoll-os/atoll/advisory/osv"
)

// TestMain lets the test binary be govulncheck, as the atoll command is.
func TestMain(m *testing.M) {
	if os.Getenv("ATOLL_TEST_GOVULNCHECK") != "" {
		look := scan.Command(context.Background(), os.Args[1:]...)
		err := look.Start()
		if err == nil {
			err = look.Wait()
		}
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// govulncheck is a command for Options.Symbols.
func govulncheck(t *testing.T) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("ATOLL_TEST_GOVULNCHECK", "1")
	t.Setenv("GOFLAGS", "-mod=vendor")
	return []string{self}
}

// program uses one function of example.org/a, which has another; example.org/b is only required.
const program = `
-- go.mod --
module example.org/app
go 1.25
require example.org/a v1.1.0
require example.org/b v1.1.0
-- main.go --
package main
import "example.org/a"
func main() { use(a.T{}) }
func use(t interface{ Bad() }) { t.Bad() }
-- vendor/modules.txt --
# example.org/a v1.1.0
## explicit; go 1.25
example.org/a
# example.org/b v1.1.0
## explicit; go 1.25
-- vendor/example.org/a/a.go --
package a
type T struct{}
func (T) Bad() { println("bad") }
func Other() { println("other") }
`

// withSymbols is a record about symbols of a package.
func withSymbols(id, module, pkg string, symbols ...string) *Record {
	return &Record{Entry: osv.Entry{ID: id, Modified: someDay, Affected: []osv.Affected{{
		Package: osv.Package{Ecosystem: "Go", Name: module},
		Ranges: []osv.Range{{Type: osv.Semver, Events: []osv.Event{{Introduced: "0"},
			{Fixed: "1.2.0"}}}},
		EcosystemSpecific: &osv.EcosystemSpecific{Imports: []osv.Import{{Path: pkg, Symbols: symbols}}},
	}}}}
}

// symbolRecords are one record for each thing that symbols can say.
func symbolRecords() memory {
	whole := withSymbols("EX-4", "example.org/a", "")
	whole.Affected[0].EcosystemSpecific = nil
	return memory{
		withSymbols("EX-1", "example.org/a", "example.org/a", "T.Bad"),
		withSymbols("EX-2", "example.org/a", "example.org/a", "Other"),
		withSymbols("EX-3", "example.org/a", "example.org/a/sub", "F"),
		whole,
		withSymbols("EX-5", "example.org/b", "example.org/b", "F"),
		withSymbols("EX-6", "example.org/app", "example.org/app", "main"),
		withSymbols("EX-7", "example.org/a", "example.org/a"),
	}
}

// verdictsOf checks a target with a look at symbols.
func verdictsOf(t *testing.T, name string, command []string) (*Report, map[string]string) {
	t.Helper()
	inv, err := Read(t.Context(), name, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Check(t.Context(), []*Inventory{inv}, []*Database{{records: symbolRecords()}},
		Options{Symbols: command, Now: someDay})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range r.Reports[0].Verdicts {
		got[v.Record.ID] = string(v.Level) + ": " + string(v.Status)
		if v.Trace != nil {
			got[v.Record.ID] += " " + strings.Join(v.Trace, " ")
		}
	}
	return &r.Reports[0], got
}

func compareVerdicts(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for id, w := range want {
		if got[id] != w {
			t.Errorf("%s: %s: %q, want %q", what, id, got[id], w)
		}
	}
}

// In source a symbol counts if it is reached from the program.
func TestSymbolsOfSource(t *testing.T) {
	command := govulncheck(t)
	unpack(t, txtar.Parse([]byte(program)))
	const trace = " example.org/app.main example.org/app.use example.org/a.T.Bad"
	want := map[string]string{
		"EX-1": "symbol: affected" + trace,
		"EX-2": "symbol: not affected",
		"EX-3": "symbol: not affected",
		"EX-4": "module: affected", // a record about the whole module
		"EX-5": "symbol: not affected",
		"EX-6": "module: unknown", // govulncheck never looks at the main module's version
		"EX-7": "symbol: affected example.org/app.init example.org/a.init",
	}
	r, got := verdictsOf(t, ".", command)
	if len(r.Notes) > 0 || r.Level != LevelSymbol {
		t.Errorf("level %s, notes %q", r.Level, r.Notes)
	}
	compareVerdicts(t, "source", got, want)
}

// In a program a symbol counts if the linker kept it; of a stripped one nobody knows.
func TestSymbolsOfPrograms(t *testing.T) {
	command := govulncheck(t)
	unpack(t, txtar.Parse([]byte(program)))
	_, got := verdictsOf(t, build(t, "-mod=vendor", "-buildvcs=false"), command)
	compareVerdicts(t, "program", got, map[string]string{
		"EX-1": "symbol: affected example.org/a.T.Bad",
		"EX-2": "symbol: not affected",
		"EX-3": "symbol: not affected",
		"EX-4": "module: affected",
		"EX-6": "module: unknown",
	})
	_, got = verdictsOf(t, build(t, "-mod=vendor", "-buildvcs=false", "-ldflags=-s -w"), command)
	compareVerdicts(t, "stripped program", got, map[string]string{
		"EX-1": "symbol: affected example.org/a.T.Bad",
		"EX-2": "symbol: affected example.org/a.Other",
		"EX-3": "symbol: affected example.org/a/sub.F",
		"EX-4": "module: affected",
	})
}

// Where symbols cannot be looked at, the versions decide.
func TestNoSymbols(t *testing.T) {
	command := govulncheck(t)
	sleep := []string{"sh", "-c", "exec sleep 60"}
	for _, c := range []struct {
		name    string
		command []string
		change  string
	}{
		{"does not compile", command, "-- main.go --\npackage main\nfunc main() { what }\n"},
		{"no such command", []string{filepath.Join(t.TempDir(), "gone")}, ""},
		{"fails without a word", []string{"false"}, ""},
		{"says something else", []string{"echo", "what"}, ""},
	} {
		archive := txtar.Parse([]byte(program + c.change))
		unpack(t, archive)
		r, got := verdictsOf(t, ".", c.command)
		if len(r.Notes) != 1 || !strings.HasPrefix(r.Notes[0], "symbols could not be looked at: ") ||
			r.Level != LevelModule {
			t.Errorf("%s: level %s, notes %q", c.name, r.Level, r.Notes)
		}
		compareVerdicts(t, c.name, got, map[string]string{"EX-2": "module: affected"})
	}
	unpack(t, txtar.Parse([]byte(program)))
	inv, err := Read(t.Context(), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Check(ctx, []*Inventory{inv}, []*Database{{records: symbolRecords()}},
		Options{Symbols: sleep, Now: someDay}); err == nil {
		t.Error("it waits although nobody waits for it")
	}
}

// A bill has no symbols, and where nothing is affected there is nothing to look for.
func TestSymbolsOfNothing(t *testing.T) {
	bill := `{"bomFormat": "CycloneDX", "components": [
		{"name": "a", "purl": "pkg:golang/example.org/a@v1.1.0"}]}`
	r, _ := verdictsOf(t, write(t, "bill.json", []byte(bill)), []string{"false"})
	if len(r.Notes) != 1 || r.Level != LevelModule {
		t.Errorf("a bill: level %s, notes %q", r.Level, r.Notes)
	}
	unpack(t, txtar.Parse([]byte("-- go.mod --\nmodule example.org/other\ngo 1.25\n")))
	r, _ = verdictsOf(t, ".", []string{"false"})
	if len(r.Notes) != 0 || r.Level != LevelSymbol {
		t.Errorf("nothing affected: level %s, notes %q", r.Level, r.Notes)
	}
}
