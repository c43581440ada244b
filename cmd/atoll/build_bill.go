package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"

	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/advisory/check"
	"github.com/atoll-os/atoll/image/sbom"
)

// bill makes the bill of materials of what was built, and holds it against the databases. Without a
// kernel it is that of a process.
func (o *buildFlags) bill(ctx context.Context, program, kernel []byte, result *built,
	stderr io.Writer) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, fmt.Errorf("read the program's build information: %w", err)
	}
	k := sbom.Kernel{File: kernel}
	if kernel != nil {
		k.Module, k.Version = kernelVersion(kernel)
	}
	d := sbom.Of(info, k)
	result.Modules, result.Kernel = len(d.Components)+1, d.KernelSum()
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			result.VCS = s.Value
		}
	}
	text := d.JSON()
	return text, o.advise(ctx, text, result, stderr)
}

// kernelVersion returns the module that the kernel was compiled from, and its release.
func kernelVersion(kernel []byte) (module, version string) {
	module = thisModule
	info, err := buildinfo.Read(bytes.NewReader(kernel))
	if err != nil {
		return module, ""
	}
	for _, m := range append(info.Deps, &info.Main) {
		if m.Path == module && semver.IsValid(m.Version) {
			version = m.Version
		}
	}
	return module, version
}

// advise holds a bill of materials against the databases: what is affected is told, or with
// --strict refused.
func (o *buildFlags) advise(ctx context.Context, bill []byte, result *built,
	stderr io.Writer) error {
	if len(o.check.databases) == 0 {
		return nil
	}
	target, err := check.Read(ctx, "-", bytes.NewReader(bill))
	if err != nil {
		return err
	}
	target.Target = result.File
	options, err := o.check.options(stderr)
	if err != nil {
		return err
	}
	verdicts, err := o.check.hold(ctx, []*check.Inventory{target}, options, stderr)
	if err != nil {
		return checkHint(err, nil)
	}
	status := verdicts.Status()
	result.Verdict = string(status)
	if status == check.NotAffected {
		return nil
	}
	if err := verdicts.WriteText(stderr, false); err != nil {
		return err
	}
	if status == check.Affected && o.strict {
		return &hinted{fmt.Errorf("%s is affected by advisories: nothing is written", result.File),
			"update the modules, or build without --strict", exitFailed}
	}
	return nil
}
