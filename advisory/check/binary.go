package check

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/atoll-os/atoll/advisory"
)

// BillSection is the name of the ELF section in which an image has its bill of materials, as
// CycloneDX JSON.
const BillSection = ".atoll.sbom"

// readBinary reads a program or an image, by what it says about itself: the bill of materials of
// an image, else the build information that the go command writes. What says nothing is a raw
// image, of which nothing is known.
func readBinary(target string, r io.ReaderAt) (*Inventory, error) {
	bill, err := billOf(r)
	if err != nil {
		return nil, fmt.Errorf("check: read %s: %w", target, err)
	}
	info, err := buildinfo.Read(r)
	switch {
	case bill != nil:
		inv, wrong := readCycloneDX(target, bill)
		if wrong != nil {
			return nil, wrong
		}
		inv.Kind = KindImage
		inv.Image.File = target
		if err == nil { // both count: what is built in is in no doubt because a bill forgets it
			inv.Modules = append(inv.Modules, fromBuildInfo(target, info).Modules...)
		}
		inv.finish()
		return inv, nil
	case err != nil:
		return &Inventory{Target: target, Kind: KindRaw, Gaps: []string{
			"it has neither build information nor a bill of materials: " + quote(err.Error())}}, nil
	}
	return fromBuildInfo(target, info), nil
}

// fromBuildInfo lists what the go command wrote into a program: every module with a package in it.
func fromBuildInfo(target string, info *debug.BuildInfo) *Inventory {
	inv := &Inventory{Target: target, Kind: KindBinary}
	if info.Main.Path != "" {
		m := Module{Ecosystem: advisory.Go, Path: info.Main.Path, Main: true, File: target}
		m.Version, m.Doubt = mainVersion(info.Main.Version)
		inv.Modules = append(inv.Modules, m)
	} else {
		inv.Gaps = append(inv.Gaps, "it was built without modules")
	}
	for _, d := range info.Deps {
		m := Module{Ecosystem: advisory.Go, Path: d.Path, File: target}
		if r := d.Replace; r != nil {
			inv.Modules = append(inv.Modules, replaced(m, d.Version, r.Path, r.Version)...)
			continue
		}
		m.Version, m.Doubt = moduleVersion(d.Version)
		inv.Modules = append(inv.Modules, m)
	}
	inv.Modules = append(inv.Modules, goRelease(info.GoVersion, "", target, 0)...)
	inv.Modules = sortModules(inv.Modules)
	return inv
}

// replaced lists what a replaced module stands for. Another version of the same module is that
// version; a directory has none; another module is itself, and a fork of the first, whose versions
// say nothing about it.
func replaced(m Module, version, path, with string) []Module {
	if with == "" || with == "(devel)" {
		m.Doubt = "it is replaced by the directory " + quote(path)
		return []Module{m}
	}
	other := m
	other.Path = path
	other.Version, other.Doubt = moduleVersion(with)
	if path == m.Path {
		return []Module{other}
	}
	m.Fork, m.Doubt = true, "it is replaced by "+path+" "+with
	if version != "" {
		m.Doubt = version + " is replaced by " + path + " " + with
	}
	return []Module{m, other}
}

// billBytesMax bounds the bill of materials in an image.
const billBytesMax = 64 << 20

// billOf returns the bill of materials of an ELF file, nil if there is none.
func billOf(r io.ReaderAt) (bill []byte, err error) {
	magic := make([]byte, len(elf.ELFMAG))
	if _, err := r.ReadAt(magic, 0); err != nil || !bytes.Equal(magic, []byte(elf.ELFMAG)) {
		return nil, nil
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, nil // debug/buildinfo says what is wrong with it
	}
	s := f.Section(BillSection)
	if s == nil {
		return nil, nil
	}
	if s.Size > billBytesMax {
		return nil, fmt.Errorf("%s has %d bytes, over %d", BillSection, s.Size, billBytesMax)
	}
	bill, err = s.Data()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", BillSection, err)
	}
	if bill = bytes.TrimRight(bill, "\x00"); len(bill) == 0 {
		return nil, errors.New(BillSection + " is empty")
	}
	return bill, nil
}
