package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// goTool is what the go command says about a directory: which release builds there, and how.
type goTool struct {
	version string // "go1.26.8"
	doubt   string // why version is not known
	work    string // GOWORK: "", "off" or a file
	cache   string // GOMODCACHE
	mod     string // the flag -mod of GOFLAGS, "" if there is none
}

// goToolTime bounds how long the go command may take.
const goToolTime = 20 * time.Second

// askGo asks the go command, which fetches nothing for it. Without one the environment has to do,
// and the version of Go is not known.
func askGo(ctx context.Context, dir string) goTool {
	ctx, cancel := context.WithTimeout(ctx, goToolTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "env", "-json", "GOVERSION", "GOWORK", "GOMODCACHE",
		"GOFLAGS")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOPROXY=off")
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var env struct{ GOVERSION, GOWORK, GOMODCACHE, GOFLAGS string }
	if err == nil {
		err = json.Unmarshal(out, &env)
	}
	if err == nil {
		return goTool{version: env.GOVERSION, work: env.GOWORK, cache: env.GOMODCACHE,
			mod: modFlag(env.GOFLAGS)}
	}
	t := goTool{work: os.Getenv("GOWORK"), cache: cacheByEnvironment(),
		mod: modFlag(os.Getenv("GOFLAGS"))}
	t.doubt = "the go command that would build it is not here"
	if !errors.Is(err, exec.ErrNotFound) {
		t.doubt = "the go command does not say its version: " + quote(firstLine(stderr.Bytes()))
	}
	return t
}

// cacheByEnvironment is where the module cache is by default.
func cacheByEnvironment() string {
	if dir := os.Getenv("GOMODCACHE"); dir != "" {
		return dir
	}
	if list := filepath.SplitList(os.Getenv("GOPATH")); len(list) > 0 && list[0] != "" {
		return filepath.Join(list[0], "pkg", "mod")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, "go", "pkg", "mod")
}

// modFlag finds the value of -mod in GOFLAGS; the last one holds.
func modFlag(flags string) string {
	for _, f := range slices.Backward(strings.Fields(flags)) {
		f = strings.TrimPrefix(f, "-")
		if value, ok := strings.CutPrefix(f, "-mod="); ok {
			return value
		}
		if value, ok := strings.CutPrefix(f, "mod="); ok {
			return value
		}
	}
	return ""
}

func firstLine(text []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return string(line)
}
