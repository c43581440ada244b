package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory/check"
	"github.com/atoll-os/atoll/image"
	"github.com/atoll-os/atoll/image/sbom"
	"github.com/atoll-os/atoll/internal/terminal"
)

func newInspect() *cobra.Command {
	asJSON, bill := false, false
	c := &cobra.Command{
		Use:   "inspect IMAGE",
		Short: "Tell what an image is made of",
		Example: `  atoll inspect print.elf
  atoll inspect print.elf --json
  atoll inspect print.elf --sbom > bill.json      # the bill of materials, in CycloneDX`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, text, err := inspect(args[0])
			w := c.OutOrStdout()
			switch {
			case err != nil:
				return err
			case bill:
				_, err = w.Write(text)
				return err
			case asJSON:
				return printJSON(w, r)
			}
			return r.print(w)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&bill, "sbom", false, "print the bill of materials")
	c.MarkFlagsMutuallyExclusive("json", "sbom")
	return c
}

// inspected is what --json prints.
type inspected struct {
	Image    string           `json:"image"`
	Bytes    int              `json:"bytes"`
	SHA256   string           `json:"sha256"`
	Kernel   string           `json:"kernel_sha256"`
	Program  string           `json:"program"`
	Go       string           `json:"go"`
	VCS      string           `json:"vcs,omitempty"`
	Settings []property       `json:"settings"`
	Modules  []sbom.Component `json:"modules"`
	Segments []segment        `json:"segments"`
	Sections []named          `json:"sections"`
	Files    []image.Entry    `json:"files,omitempty"` // that the program finds
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// segment is a part of an image in memory.
type segment struct {
	Physical uint64 `json:"physical"`
	File     uint64 `json:"file_bytes"`
	Memory   uint64 `json:"memory_bytes"`
}

// named is a part of an image with a name.
type named struct {
	Name  string `json:"name"`
	Bytes uint64 `json:"bytes"`
}

// imageBytesMax bounds what is read as an image.
const imageBytesMax = 3 << 30

// inspect reads an image, and returns also its bill of materials.
func inspect(name string) (r *inspected, bill []byte, err error) {
	none := func(err error) (*inspected, []byte, error) {
		return nil, nil, &hinted{fmt.Errorf("%s is no image: %w", name, err),
			"atoll build makes images", exitFailed}
	}
	switch info, err := os.Stat(name); {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return none(errors.New("it is a directory"))
	case !info.Mode().IsRegular(): // a device or a pipe can be without an end
		return none(errors.New("it is not a regular file"))
	case info.Size() > imageBytesMax:
		return none(fmt.Errorf("it has over %d bytes", int64(imageBytesMax)))
	}
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return none(err)
	}
	section := f.Section(check.BillSection)
	if section == nil {
		return none(fmt.Errorf("it has no %s", check.BillSection))
	}
	if bill, err = section.Data(); err != nil {
		return none(err)
	}
	d, err := sbom.Parse(bill)
	if err != nil {
		return none(err)
	}
	info, err := buildinfo.Read(bytes.NewReader(file))
	if err != nil {
		return none(err)
	}
	sum := sha256.Sum256(file)
	r = &inspected{Image: name, Bytes: len(file), SHA256: hex.EncodeToString(sum[:]),
		Kernel: d.KernelSum(), Program: info.Path, Go: info.GoVersion,
		Modules: append([]sbom.Component{d.Metadata.Component}, d.Components...)}
	for _, s := range info.Settings {
		r.Settings = append(r.Settings, property{s.Key, s.Value})
		if s.Key == "vcs.revision" {
			r.VCS = s.Value
		}
	}
	r.layout(f)
	if r.Files, err = image.Contents(f); err != nil {
		return none(err)
	}
	return r, bill, nil
}

// layout notes the parts of an image.
func (r *inspected) layout(f *elf.File) {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			r.Segments = append(r.Segments, segment{p.Paddr, p.Filesz, p.Memsz})
		}
	}
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NULL {
			r.Sections = append(r.Sections, named{s.Name, s.Size})
		}
	}
}

// print shows an image to people.
func (r *inspected) print(w io.Writer) error {
	var b bytes.Buffer
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s "+format+"\n", append([]any{name}, args...)...)
	}
	line("image", "%s  %s  sha256 %s", r.Image, byteCount(int64(r.Bytes)), r.SHA256)
	line("kernel", "sha256 %s", r.Kernel)
	line("program", "%s  %s", r.Program, r.Go)
	for _, s := range r.Settings {
		line("  built", "%s=%s", s.Name, s.Value)
	}
	for _, m := range r.Modules {
		version := m.Version
		if version == "" {
			version = "(no release)"
		}
		line("module", "%s %s", m.Name, version)
	}
	for _, s := range r.Segments {
		line("segment", "%#08x  %d bytes, %d in memory", s.Physical, s.File, s.Memory)
	}
	for _, s := range r.Sections {
		line("section", "%s  %d bytes", s.Name, s.Bytes)
	}
	for _, f := range r.Files {
		line("file", "%s  %d bytes", f.Path, f.Bytes)
	}
	_, err := io.WriteString(w, terminal.Text(b.String())) // an image may be anybody's
	return err
}

// summary is an image in a line, for boot.
func (r *inspected) summary() string {
	b := built{File: r.Image, Bytes: r.Bytes, Go: r.Go, VCS: r.VCS, Modules: len(r.Modules)}
	return b.line()
}
