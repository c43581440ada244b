// Command website is the project's own website as a program: its documents, its advisories with all
// feeds, and the search among them. It has them inside; nothing is read from a disk.
//
//	go run ./examples/website --listen :8080
//	go run ./examples/website --help
//	atoll build ./examples/website && atoll boot website.elf --publish 8443:443
//
// Its service, package pages, also runs on a host of a lab.
package main

import (
	"github.com/atoll-os/atoll/examples/website/pages"
	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(pages.Serve) }
