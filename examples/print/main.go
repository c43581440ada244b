// Command print prints a few lines with fmt and ends: the smallest program worth a machine of its
// own.
//
//	go run ./examples/print         as a process
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

func main() {
	fmt.Printf("hello from %s, arguments: %s\n", runtime.Version(),
		strings.Join(os.Args[1:], " "))
}
