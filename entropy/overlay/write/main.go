// Write makes the overlay for the go command in the path, and prints what go build needs to know:
//
//	go run github.com/atoll-os/atoll/entropy/overlay/write FOLDER
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/atoll-os/atoll/entropy/overlay"
)

func main() {
	if len(os.Args) != 2 || strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprintln(os.Stderr, "usage: write FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "write: error:", err)
		os.Exit(1)
	}
}

// write asks the go command which toolchain it is, and makes the overlay.
func write(dir string) error {
	text, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("ask the go command: %w", err)
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	path, err := overlay.Write(dir, goroot, version)
	if err != nil {
		return err
	}
	fmt.Printf("-tags=%s -overlay=%s\n", overlay.Tag, path)
	return nil
}
