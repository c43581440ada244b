package manifest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// TestFiles: what each hypervisor is given.
func TestFiles(t *testing.T) {
	var got bytes.Buffer
	for _, f := range Of(Machine{Image: "it's/hello.elf", Memory: 32<<20 + 1}) {
		fmt.Fprintf(&got, "-- %s: %s, lacks %s --\n%s", f.Name, f.Hypervisor, f.Lacks,
			f.Text)
		if bytes.HasPrefix(f.Text, []byte("{")) && !json.Valid(f.Text) {
			t.Errorf("%s is no JSON", f.Name)
		}
		if bytes.HasPrefix(f.Text, []byte("#!/bin/sh")) {
			check := exec.Command("sh", "-n")
			check.Stdin = bytes.NewReader(f.Text)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", f.Name, err, out)
			}
		}
	}
	const golden = "testdata/files.txt"
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got:\n%s\nwant:\n%s", &got, want)
	}
}
