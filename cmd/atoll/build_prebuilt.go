package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/atoll-os/atoll/image"
)

// isFile tells whether what is to be built is a program already, and no package.
func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular() && filepath.Ext(name) != ".go"
}

// prebuilt reads a program that was built elsewhere.
func (o *buildFlags) prebuilt(name string, result *built, stderr io.Writer) ([]byte, error) {
	if info, err := os.Stat(name); err == nil && info.Size() > image.FilesBytesMax {
		return nil, fmt.Errorf("%s has more than %d bytes", name, image.FilesBytesMax)
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	if _, _, err := inspect(name); err == nil {
		return nil, &hinted{fmt.Errorf("%s is an image already", name), "atoll boot " + name, exitFailed}
	}
	outside, err := image.Prebuilt(file)
	if err != nil {
		return nil, err
	}
	if !outside {
		fmt.Fprintf(stderr, "%s  built elsewhere: its sockets end at the machine; "+
			"atoll build PACKAGE adds what leads outside\n", name)
	}
	if result.File == "" {
		base := filepath.Base(name)
		result.File = strings.TrimSuffix(base, filepath.Ext(base)) + ".elf"
		if taken, err := os.Stat(result.File); err == nil {
			if this, err := os.Stat(name); err == nil && os.SameFile(taken, this) {
				return nil, usagef("name another with -o", "the image would replace %s", name)
			}
		}
	}
	return file, nil
}
