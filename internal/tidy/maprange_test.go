package tidy

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCoresRangeOverNoMap(t *testing.T) {
	var patterns []string
	for _, c := range Cores {
		if _, err := os.Stat(filepath.Join("../..", c)); err == nil {
			patterns = append(patterns, "./"+c+"/...")
		}
	}
	findings, err := MapRanges("../..", patterns...)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

// TestMapRanges shows that the rule can fail.
func TestMapRanges(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.org/p\n\ngo 1.26\n")
	write("p.go", `package p

import (
	"maps"
	"slices"
)

func F(m map[int]int, s []int) (n int) {
	for range s {
	}
	for range maps.Keys(m) {
	}
	for range slices.Values(s) {
	}
	//tidy:map a sum has no order
	for _, v := range m {
		n += v
	}
	for k := range m {
		return k
	}
	return n
}
`)
	findings, err := MapRanges(dir, "./...")
	const what = "a core ranges over a map: sort, or //tidy:map and why the order decides nothing"
	want := []Finding{{"p.go", 11, what}, {"p.go", 19, what}}
	if !slices.Equal(findings, want) || err != nil {
		t.Errorf("found %v, %v; want %v", findings, err, want)
	}
	write("p.go", "package p\n\nvar x = y\n")
	if _, err := MapRanges(dir, "./..."); err == nil {
		t.Error("a package that does not compile: no error")
	}
}
