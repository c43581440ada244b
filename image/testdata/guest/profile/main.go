// Command profile takes a CPU profile of itself and tells what it found: in which of its functions
// the samples are.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"time"
)

var sink uint64

//go:noinline
func busyHere(until time.Time) {
	for time.Now().Before(until) {
		for i := range uint64(100_000) {
			sink += i * i
		}
	}
}

func main() {
	var profile bytes.Buffer
	if err := pprof.StartCPUProfile(&profile); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	time.Sleep(100 * time.Millisecond) // nothing to find
	busyHere(time.Now().Add(time.Second))
	pprof.StopCPUProfile()
	r, err := gzip.NewReader(&profile)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	// Names of functions are in a profile only if a sample has them.
	fmt.Println("found", bytes.Contains(text, []byte("main.busyHere")))
}
