package main

import (
	"github.com/atoll-os/atoll/examples/hello/greet"
	"github.com/atoll-os/atoll/unikernel"
)

// services are what a machine of a topology file may run besides what package topology has.
var services = map[string]unikernel.Service{"hello": greet.Serve}
