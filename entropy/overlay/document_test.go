package overlay

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks returns the blocks of a language in a document.
func blocks(text, language string) (list []string) {
	parts := strings.Split(text, "```")
	for i := 1; i < len(parts); i += 2 {
		if body, ok := strings.CutPrefix(parts[i], language+"\n"); ok {
			list = append(list, body)
		}
	}
	return list
}

// The program of docs/overlay.md, built and run by its commands in a module of its own, draws its
// key from Atoll.
func TestDocument(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", "overlay.md"))
	if err != nil {
		t.Fatal(err)
	}
	programs, commands := blocks(string(text), "go"), blocks(string(text), "sh")
	if len(programs) != 1 || len(commands) != 2 {
		t.Fatalf("%d programs and %d blocks of commands, want 1 and 2", len(programs), len(commands))
	}
	dir := t.TempDir()
	for name, body := range map[string]string{
		"main.go": programs[0],
		"go.mod":  "module example.org/service\n\ngo 1.26.0\n",
		"go.work": "go 1.26.0\n\nuse (\n\t.\n\t" + root + "\n)\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	script := "set -e\ncd '" + dir + "'\n" + strings.Join(commands, "\n")
	out := string(run(t, []string{"GOFLAGS=-buildvcs=false"}, "sh", "-c", script))
	for _, want := range []string{
		`(?m)^-tags=atoll_overlay -overlay=.*/overlay/overlay\.json$`,
		`(?m)^[0-9a-f]{64}$`,
		`\{"compiled":true,"installed":true,"before_install":\d+\}`,
		`(?m)^\s*build\s+-tags=atoll_overlay$`,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("the commands printed no %s:\n%s", want, out)
		}
	}
}
