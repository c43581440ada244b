// Write makes the overlay for the go command in the path, and prints what go build needs to know:
//
//	go run github.com/atoll-os/atoll/entropy/overlay/write FOLDER
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/atoll-os/atoll/entropy/overlay"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run returns the exit code: 0 done, 1 failed, 2 wrong usage.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) != 1 || strings.HasPrefix(args[0], "-") {
		fmt.Fprintln(stderr, "usage: write FOLDER")
		return 2
	}
	path, err := write(args[0])
	if err != nil {
		fmt.Fprintln(stderr, "write: error:", err)
		return 1
	}
	fmt.Fprintf(stdout, "-tags=%s -overlay=%s\n", overlay.Tag, path)
	return 0
}

// write asks the go command which toolchain it is, and makes the overlay.
func write(dir string) (path string, err error) {
	text, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("ask the go command: %w", err)
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return overlay.Write(dir, goroot, version)
}
