package kernel

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the table of calls in docs/unikernel.md")

// TestDocument holds the table of system calls in the document against the kernel's own.
func TestDocument(t *testing.T) {
	const (
		name  = "../docs/unikernel.md"
		begin = "<!-- calls: go test ./kernel -run TestDocument -rewrite -->\n"
		end   = "<!-- end -->\n"
	)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("%s has no place for the table", name)
	}
	var table strings.Builder
	table.WriteString("| number | call | what it does here, beside what Linux does |\n|---|---|---|\n")
	for _, c := range Calls() {
		fmt.Fprintf(&table, "| %d | %s | %s |\n", c.Number, c.Name, c.What)
	}
	if *rewrite {
		text := before + begin + table.String() + end + after
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if old != table.String() {
		t.Errorf("%s has another table; the kernel's is\n%s", name, &table)
	}
}
