package overlay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// UnknownError says why there is no overlay for a toolchain: what is known about its version does
// not hold. There is nothing to do but to use a known version.
type UnknownError struct {
	Version string // as asked for
	Reason  string
}

func (e *UnknownError) Error() string {
	var versions []string
	for _, r := range known {
		versions = append(versions, r.version)
	}
	return fmt.Sprintf("overlay: no overlay for %s: %s (known: %s)",
		e.Version, e.Reason, strings.Join(versions, ", "))
}

// ErrModuleCache is the error for a toolchain that the go command has downloaded by itself: it
// lies in the module cache, where go build allows no overlay. A copy of it elsewhere will do.
var ErrModuleCache = errors.New("overlay: the toolchain lies in the module cache, where go build " +
	"allows no overlay: install it elsewhere, or copy it, and set GOTOOLCHAIN=local")

// Write makes the overlay for the toolchain at goroot in the folder dir, which it creates if need
// be, and returns the path of the file for go build -overlay. The version is what the caller
// believes goroot to be, such as "go1.26.8" (go env GOROOT GOVERSION tells both). The same
// arguments always give the same bytes.
//
// The error is an [*UnknownError] if goroot is not of that version, if nobody has read the sources
// of that version, or if they are not those that were read; [ErrModuleCache] if go build would
// refuse the overlay.
func Write(dir, goroot, version string) (jsonPath string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", fmt.Errorf("overlay: find folder: %w", err)
	}
	source, err := verified(goroot, version)
	if err != nil {
		return "", err
	}
	text, err := edit(source)
	if err != nil {
		return "", &UnknownError{version, err.Error()}
	}
	replaced := filepath.Join(goroot, "src", filepath.FromSlash(sysrand))
	added := filepath.Join(filepath.Dir(replaced), "atoll_hook.go")
	files := map[string]string{
		replaced: filepath.Join(dir, "rand.go"),
		added:    filepath.Join(dir, "atoll_hook.go"),
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": files}, "", "\t")
	if err != nil {
		panic(fmt.Sprintf("overlay: BUG: %v", err))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("overlay: make folder: %w", err)
	}
	jsonPath = filepath.Join(dir, "overlay.json")
	for _, f := range []struct {
		name string
		text []byte
	}{
		{files[replaced], text},
		{files[added], []byte(hookSource)},
		{jsonPath, append(list, '\n')},
	} {
		if err := os.WriteFile(f.name, f.text, 0o644); err != nil {
			return "", fmt.Errorf("overlay: write file: %w", err)
		}
	}
	return jsonPath, nil
}

// verified returns the text of sysrand if the toolchain is one of the known ones.
func verified(goroot, version string) ([]byte, error) {
	if !filepath.IsAbs(goroot) {
		return nil, fmt.Errorf("overlay: GOROOT is %q, not an absolute path", goroot)
	}
	if strings.Contains(filepath.ToSlash(goroot), "/golang.org/toolchain@") {
		return nil, ErrModuleCache
	}
	var r *release
	for i := range known {
		if known[i].version == version {
			r = &known[i]
		}
	}
	if r == nil {
		return nil, &UnknownError{version, "nobody has read the sources of this version"}
	}
	text, err := os.ReadFile(filepath.Join(goroot, "VERSION"))
	if err != nil {
		return nil, fmt.Errorf("overlay: read toolchain: %w", err)
	}
	if is, _, _ := strings.Cut(string(text), "\n"); is != version {
		return nil, &UnknownError{version, fmt.Sprintf("the toolchain is %s", is)}
	}
	for i, name := range path {
		text, err = os.ReadFile(filepath.Join(goroot, "src", filepath.FromSlash(name)))
		if err != nil {
			return nil, fmt.Errorf("overlay: read toolchain: %w", err)
		}
		if sum(text) != r.sums[i] {
			return nil, &UnknownError{version, name + " is not the one of that release"}
		}
	}
	return text, nil // sysrand is the last of path
}

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// edit puts the call of the hook into the text of sysrand.
func edit(source []byte) ([]byte, error) {
	line := []byte("\n" + anchor + "\n")
	if n := bytes.Count(source, line); n != 1 {
		return nil, fmt.Errorf("%s has %d lines %q, not one", sysrand, n, anchor)
	}
	return bytes.Replace(source, line, []byte("\n"+edited+"\n"), 1), nil
}
