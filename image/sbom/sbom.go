// Package sbom writes the bill of materials of an image: every module in the program and in the
// kernel, and the release of Go, as CycloneDX 1.6 in JSON. The same image gives the same bytes: it
// has no date and no number that is drawn.
//
// https://cyclonedx.org/docs/1.6/json/ is the format, https://github.com/package-url/purl-spec that
// of the names.
package sbom

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"
)

// Kernel is the kernel of an image.
type Kernel struct {
	File    []byte // its ELF file
	Module  string // the module that it is a package of
	Version string // of the module; empty if it is not a release
}

// KernelName is the name of the kernel's component, of type operating-system.
const KernelName = "atoll-kernel"

// Document is a bill of materials.
type Document struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   Metadata    `json:"metadata"`
	Components []Component `json:"components"`
}

// Metadata says what the bill is about.
type Metadata struct {
	Component Component `json:"component"`
}

// Component is one entry of a bill.
type Component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref,omitempty"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []Hash     `json:"hashes,omitempty"`
	Properties []Property `json:"properties,omitempty"`
}

// Hash is the hash of a component.
type Hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"` // hexadecimal
}

// Property is a name with a value of our own.
type Property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Of lists what a program and the kernel under it are made of; a kernel without a file is none.
func Of(program *debug.BuildInfo, kernel Kernel) *Document {
	main := module(program.Main)
	main.Type, main.Name = "application", program.Path
	if revision := setting(program, "vcs.revision"); revision != "" {
		main.Properties = append(main.Properties, Property{"vcs.revision", revision})
	}
	d := &Document{Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: Metadata{main}}
	for _, m := range program.Deps {
		d.Components = append(d.Components, module(*m))
	}
	release := strings.TrimPrefix(program.GoVersion, "go")
	d.Components = append(d.Components, Component{Type: "library", Name: "stdlib", Version: release,
		PURL: purl("stdlib", release)})
	if kernel.File != nil {
		sum := sha256.Sum256(kernel.File)
		d.Components = append(d.Components, Component{Type: "operating-system", Name: KernelName,
			Version: kernel.Version, PURL: purl(kernel.Module, kernel.Version),
			Hashes: []Hash{{"SHA-256", hex.EncodeToString(sum[:])}}})
	}
	slices.SortStableFunc(d.Components, func(a, b Component) int {
		return strings.Compare(a.PURL, b.PURL)
	})
	d.refer()
	return d
}

// refer gives each component the name by which others in the document could refer to it.
func (d *Document) refer() {
	used := map[string]int{}
	for _, c := range append([]*Component{&d.Metadata.Component}, pointers(d.Components)...) {
		c.Ref = c.PURL
		if used[c.PURL]++; used[c.PURL] > 1 {
			c.Ref = fmt.Sprintf("%s#%d", c.PURL, used[c.PURL])
		}
	}
}

func pointers(list []Component) (all []*Component) {
	for i := range list {
		all = append(all, &list[i])
	}
	return all
}

// module is the entry of one module: that which was built in, if another takes its place.
func module(m debug.Module) Component {
	c := Component{Type: "library"}
	if r := m.Replace; r != nil {
		c.Properties = []Property{{"replaces", strings.TrimSpace(m.Path + " " + m.Version)}}
		if r.Version != "" { // else a directory, which has no name that others know
			m = *r
		} else {
			m.Version = ""
		}
	}
	if m.Version == "(devel)" {
		m.Version = ""
	}
	c.Name, c.Version, c.PURL = m.Path, m.Version, purl(m.Path, m.Version)
	return c
}

// purl is the package URL of a Go module.
func purl(name, version string) string {
	space, last := path.Split(name)
	return packageurl.NewPackageURL(packageurl.TypeGolang, strings.TrimSuffix(space, "/"), last,
		version, nil, "").ToString()
}

// setting returns a setting of a build, "" if it is not there.
func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// JSON returns the document as it lies in an image.
func (d *Document) JSON() []byte {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		panic(fmt.Sprintf("sbom: BUG: %v", err))
	}
	return append(text, '\n')
}

// Parse reads a document that JSON wrote.
func Parse(text []byte) (*Document, error) {
	d := &Document{}
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("sbom: read a bill of materials: %w", err)
	}
	if d.Format != "CycloneDX" {
		return nil, fmt.Errorf("sbom: %q is no bill of materials in CycloneDX", d.Format)
	}
	return d, nil
}

// KernelSum returns the SHA-256 of the kernel's file, in hexadecimal, or "".
func (d *Document) KernelSum() string {
	for _, c := range d.Components {
		if c.Name == KernelName && len(c.Hashes) > 0 {
			return c.Hashes[0].Content
		}
	}
	return ""
}
