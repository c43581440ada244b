package main

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/internal/units"
)

func newInspect() *cobra.Command {
	asJSON := false
	c := &cobra.Command{
		Use:   "inspect IMAGE",
		Short: "Tell what an image is made of",
		Example: `  atoll inspect print.elf
  atoll inspect print.elf --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return inspect(args[0], asJSON, c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// segment is a part of an image in memory.
type segment struct {
	Physical uint64 `json:"physical"`
	File     uint64 `json:"file_bytes"`
	Memory   uint64 `json:"memory_bytes"`
}

// inspected is what --json prints.
type inspected struct {
	Image    string    `json:"image"`
	Bytes    int       `json:"bytes"`
	SHA256   string    `json:"sha256"`
	Segments []segment `json:"segments"`
}

func inspect(name string, asJSON bool, w io.Writer) error {
	file, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return &hinted{fmt.Errorf("%s is no image: %w", name, err), "atoll build makes images",
			exitFailed}
	}
	sum := sha256.Sum256(file)
	r := inspected{Image: name, Bytes: len(file), SHA256: hex.EncodeToString(sum[:])}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			r.Segments = append(r.Segments, segment{p.Paddr, p.Filesz, p.Memsz})
		}
	}
	if asJSON {
		return printJSON(w, r)
	}
	fmt.Fprintf(w, "%-11s %s\n%-11s %s\n", "image", name+"  "+units.Size(int64(r.Bytes)), "sha256",
		r.SHA256)
	for _, s := range r.Segments {
		fmt.Fprintf(w, "%-11s %#x, %d bytes, %d in memory\n", "segment", s.Physical, s.File, s.Memory)
	}
	return nil
}
