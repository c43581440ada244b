package cve

import (
	"slices"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// affected returns a product for each package, as Go's own records have it, or for the module if
// the record names no packages; then one for each image.
func affected(p *advisory.Project, r *advisory.Record) ([]product, error) {
	var out []product
	for _, a := range r.Affected {
		base := product{Vendor: a.Module, CollectionURL: "https://pkg.go.dev"}
		kind := "semver"
		switch {
		case a.Ecosystem == advisory.Opam:
			base.CollectionURL, kind = "https://opam.ocaml.org/packages", "custom"
		case a.Module == "stdlib":
			base.Vendor = "Go standard library"
		case a.Module == "toolchain":
			base.Vendor = "Go toolchain"
		case slices.Contains(p.Modules, a.Module):
			base.Vendor = p.Name
		}
		var err error
		if base.DefaultStatus, base.Versions, err = versions(a.Ecosystem, kind, a.Ranges); err != nil {
			return nil, err
		}
		packages := a.Packages
		if len(packages) == 0 {
			packages = []advisory.Package{{Path: a.Module}}
		}
		for _, pkg := range packages {
			one := base
			one.Product, one.PackageName = pkg.Path, pkg.Path
			one.Platforms = platforms(pkg)
			for _, symbol := range unique(pkg.Symbols) {
				one.ProgramRoutines = append(one.ProgramRoutines, routine{symbol})
			}
			out = append(out, one)
		}
	}
	for _, i := range r.Images {
		one := product{Vendor: p.Name, Product: i.Name}
		var err error
		if one.DefaultStatus, one.Versions, err = versions(advisory.Go, "semver", i.Ranges); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// platforms is each system that a package names, with each architecture: "linux/arm64".
func platforms(p advisory.Package) []string {
	if len(p.GOOS) == 0 || len(p.GOARCH) == 0 {
		return unique(slices.Concat(p.GOOS, p.GOARCH))
	}
	var out []string
	for _, system := range p.GOOS {
		for _, arch := range p.GOARCH {
			out = append(out, system+"/"+arch)
		}
	}
	return unique(out)
}

// versions lists ranges. The format cannot say ">= X": if the last range has no end, what is not
// listed is affected, and the list has the versions that are not.
func versions(ecosystem, kind string, ranges []advisory.Range) (string, []version, error) {
	merged, err := osv.Ranges(ecosystem, ranges)
	if err != nil {
		return "", nil, err
	}
	events := merged[0].Events
	if events[len(events)-1].Fixed != "" {
		var out []version
		for i := 0; i < len(events); i += 2 {
			out = append(out, version{events[i].Introduced, events[i+1].Fixed, "affected", kind})
		}
		return "unaffected", out, nil
	}
	var out []version
	from := advisory.First
	for _, e := range events {
		switch {
		case e.Fixed != "":
			from = e.Fixed
		case e.Introduced != from:
			out = append(out, version{from, e.Introduced, "unaffected", kind})
		}
	}
	return "affected", out, nil
}
