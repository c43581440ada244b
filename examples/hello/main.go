// Command hello is an HTTP server that greets whoever asks: the smallest whole service.
//
//	go run ./examples/hello --listen :8080
//	go run ./examples/hello --help
//
// Its service, package greet, is also what a test puts on a host of a lab.
package main

import (
	"github.com/atoll-os/atoll/examples/hello/greet"
	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(greet.Serve) }
