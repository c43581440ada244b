package check

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/atoll-os/atoll/advisory"
)

// sound tells what no input may bring about: a module without a version and without a doubt, a
// verdict of "not affected" for one, or a judgement that fails.
func sound(t *testing.T, inv *Inventory) {
	t.Helper()
	for _, m := range inv.Modules {
		if m.Version == "" && m.Doubt == "" {
			t.Errorf("%q has neither a version nor a doubt", m.Path)
		}
		if m.Version != "" && m.Ecosystem == advisory.Go &&
			!advisory.ValidVersion(advisory.Go, m.Version) {
			t.Errorf("%q has the version %q", m.Path, m.Version)
		}
	}
	records := someRecords(t, "record EX-1 example.org/a 0..1.2.0\nrecord EX-2 stdlib 0..1.2.0\n"+
		"record EX-3 opam:a 0..1.2.0\nrecord EX-4 image:router 1.0.0..\n")
	for _, v := range judge(inv, records, someDay) {
		if v.Status == NotAffected && (v.Module.Doubt != "" || v.Module.Version == "") {
			t.Errorf("%q is not affected, but %s", v.Module.Path, v.Module.Doubt)
		}
	}
}

// seeds are the files of the truth table.
func seeds(f *testing.F, table string, add func(file txtar.File)) {
	text, err := os.ReadFile(filepath.Join("testdata", "truth", table))
	if err != nil {
		f.Fatal(err)
	}
	for block := range strings.SplitSeq(string(text), "\n----\n") {
		for _, file := range txtar.Parse([]byte(block)).Files {
			add(file)
		}
	}
}

func FuzzBill(f *testing.F) {
	seeds(f, "images.txt", func(file txtar.File) { f.Add(file.Data) })
	f.Fuzz(func(t *testing.T, text []byte) {
		if inv, err := readBill("bill", text); err == nil {
			sound(t, inv)
		}
	})
}

func FuzzBinary(f *testing.F) {
	seeds(f, "images.txt", func(file txtar.File) { f.Add(elfWith(BillSection, file.Data)) })
	f.Add([]byte("\x7fELF"))
	f.Add(elfWith(".go.buildinfo", append([]byte("\xff Go buildinf:\x08\x02"),
		"                \x08go1.25.1\x00"...)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if inv, err := readBinary("program", bytes.NewReader(text)); err == nil {
			sound(t, inv)
		}
	})
}

// FuzzSource has one directory with a go.mod, a go.work and vendor/modules.txt.
func FuzzSource(f *testing.F) {
	seeds(f, "source.txt", func(file txtar.File) {
		switch file.Name {
		case "go.mod":
			f.Add(file.Data, []byte(nil), []byte(nil))
		case "go.work":
			f.Add([]byte("module example.org/app\n"), file.Data, []byte(nil))
		case "vendor/modules.txt":
			f.Add([]byte("module example.org/app\ngo 1.25\n"), []byte(nil), file.Data)
		}
	})
	f.Fuzz(func(t *testing.T, mod, work, vendor []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"go.mod": mod, "go.work": work,
			"vendor/modules.txt": vendor} {
			if text == nil {
				continue
			}
			name = filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if inv, err := readTree(dir, goTool{version: "go1.25.1", cache: dir}); err == nil {
			sound(t, inv)
		}
	})
}

func FuzzModulesTxt(f *testing.F) {
	seeds(f, "source.txt", func(file txtar.File) {
		if file.Name == "vendor/modules.txt" {
			f.Add(file.Data)
		}
	})
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := parseModulesTxt(text)
		for _, v := range list {
			if err == nil && (v.Path == "" || v.Version.Version == "" || v.line == 0) {
				t.Errorf("a module without a path, version or line: %+v", v)
			}
		}
	})
}

func FuzzIgnore(f *testing.F) {
	f.Add([]byte("ignore:\n  - id: EX-1\n    reason: why\n    until: 2999-12-31\n"))
	f.Add([]byte("ignore:\n  - id: &a x\n    reason: *a\n"))
	f.Add([]byte("ignore: []\n"))
	f.Add([]byte("ignore:\n- {id: EX-1}\u2028- {id: EX-2}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, findings, err := parseIgnore("ignore.yaml", text, someDay)
		lines := bytes.Count(text, []byte("\n")) + 1
		for _, f := range findings {
			if f.Line < 1 || f.Line > lines {
				t.Errorf("%+v, of %d lines", f, lines)
			}
		}
		for _, e := range list {
			if err == nil && (e.ID == "" || e.Reason == "" || !someDay.Before(e.Until)) {
				t.Errorf("an entry without id, reason or time: %+v", e)
			}
		}
	})
}

// FuzzPurl: what is read as a module and written again is the same module.
func FuzzPurl(f *testing.F) {
	for _, s := range []string{"pkg:golang/example.org/a@v1.2.0", "pkg:golang/std@1.25.1",
		"pkg:opam/a@4.04",
		"pkg:golang/example.org/a@v1.2.0?type=module#sub", "pkg:npm/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if m, ok := modulePurl(text); ok {
			sound(t, &Inventory{Modules: []Module{m}})
		}
	})
}

// FuzzSeen: what is remembered is read, or it is an error; it is never another database's.
func FuzzSeen(f *testing.F) {
	f.Add([]byte(`{"database": "here", "key": "k", "sequence": 3, "manifest": "ab"}`))
	f.Add([]byte(`{"database": "there"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(seenFile(dir, "here"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := recall(dir, "here")
		if err == nil && (s == nil || s.Database != "here" || s.Key == "") {
			t.Errorf("%q is remembered as %+v", text, s)
		}
	})
}
