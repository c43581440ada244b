package main

import (
	"strings"

	"github.com/atoll-os/atoll/image/machine"
)

// parseDisks reads the values of --disk, for so many machines.
func parseDisks(values []string, machines int) (disks []machine.Disk, err error) {
	if len(values) > 0 && machines > 1 {
		return nil, usagef("boot one image with --disk", "two machines cannot have one disk")
	}
	for _, v := range values {
		file, readOnly := strings.CutSuffix(v, ",readonly")
		if file == "" {
			return nil, usagef("--disk FILE or --disk FILE,readonly", "%q names no file", v)
		}
		disks = append(disks, machine.Disk{File: file, ReadOnly: readOnly})
	}
	return disks, nil
}
