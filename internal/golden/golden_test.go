package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// witness is a test that is watched: what it says, and whether it ended.
type witness struct {
	testing.TB
	said  string
	ended bool
}

func (w *witness) Helper() {}

func (w *witness) Errorf(format string, args ...any) { w.said += fmt.Sprintf(format, args...) }

func (w *witness) Fatal(args ...any) {
	w.said, w.ended = w.said+fmt.Sprint(args...), true
	panic(w) // as testing's, it does not return
}

// check runs Check in a test that is watched.
func check(t *testing.T, file, got string) *witness {
	t.Helper()
	w := &witness{TB: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(w) {
				panic(p)
			}
		}()
		Check(w, file, []byte(got))
	}()
	return w
}

func TestCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "golden.txt")
	if err := os.WriteFile(file, []byte("as it was read\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if w := check(t, file, "as it was read\n"); w.said != "" || w.ended {
		t.Errorf("the same text: %q", w.said)
	}
	w := check(t, file, "another\n")
	if !strings.Contains(w.said, file) || !strings.Contains(w.said, "another") || w.ended {
		t.Errorf("another text: %q, ended %v; want the file's name, the text, and that it goes on",
			w.said, w.ended)
	}
	if w := check(t, file+".none", "new\n"); !w.ended {
		t.Errorf("a file that is not there: %q", w.said)
	}
}

// TestRewrite wants -rewrite to write what is then compared, and to say so where it cannot.
func TestRewrite(t *testing.T) {
	defer flag.Set("rewrite", flag.Lookup("rewrite").Value.String())
	if err := flag.Set("rewrite", "true"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "golden.txt")
	if w := check(t, file, "new\n"); w.said != "" || w.ended {
		t.Errorf("a new text: %q", w.said)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "new\n" {
		t.Errorf("the file has %q, %v", text, err)
	}
	if w := check(t, filepath.Join(file, "below"), "new\n"); !w.ended {
		t.Errorf("a file that cannot be written: %q", w.said)
	}
}
