//go:build atollkernel && linux && amd64

package main

import (
	"github.com/atoll-os/atoll/kernel/exec"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Options of the kernel, words of the command line before "--": others are the hypervisor's.
const (
	optionDeny       = "kernel.deny="      // a number: that system call is not served
	optionStatistics = "kernel.statistics" // counts of calls and memory at the end
	optionCrash      = "kernel.crash"      // the kernel panics: to see what that looks like
	optionHang       = "kernel.hang"       // the kernel stands still: to see what the watchdog does
	deviceWord       = "virtio_mmio.device="
)

// What the program gets, and whether counts are printed.
var (
	arguments, variables texts
	statistics           bool
)

// fwcfgArgs is the name of the file by which boot hands over arguments: texts with zero bytes.
const fwcfgArgs = "opt/atoll/args"

// applyOptions reads the command line.
func applyOptions() {
	for rest := command; len(rest) > 0; {
		var word []byte
		word, rest = nextWord(rest)
		switch {
		case len(word) == 2 && hasPrefix(word, "--"):
			return
		case hasPrefix(word, optionDeny):
			if n, ok := number(word[len(optionDeny):]); ok {
				k.Deny(n)
			}
		case hasPrefix(word, optionStatistics):
			statistics = true
		case hasPrefix(word, optionCrash):
			crashNow(command)
		case hasPrefix(word, optionHang):
			hangNow()
		}
	}
}

// crashNow is a mistake of the kernel: an index out of range.
//
//go:noinline
func crashNow(b []byte) { _ = b[len(b)] }

// hangNow never ends.
//
//go:noinline
func hangNow() {
	for {
		halt()
	}
}

// environment makes the program's arguments, the first of which is its name, and its environment.
// Arguments come by fw_cfg, or else are the words of the command line after "--", but for those
// that a hypervisor adds for its devices.
func environment() {
	arguments.addText("program")
	arguments.end()
	if size, ok := openFWCfg(fwcfgArgs); ok {
		for range min(size, uint32(textBytesMax-arguments.n)) {
			arguments.buffer[arguments.n] = readFWCfg()
			arguments.n++
		}
	} else {
		after := false
		for rest := command; len(rest) > 0; {
			var word []byte
			word, rest = nextWord(rest)
			if after && len(word) > 0 && !hasPrefix(word, deviceWord) {
				arguments.add(word)
				arguments.end()
			}
			after = after || len(word) == 2 && hasPrefix(word, "--")
		}
	}
	// The runtime collects garbage sooner before it asks for more memory than there is.
	left := uint64(k.Space.Pages.Left()) * mem.PageBytes
	variables.addText("GOMEMLIMIT=")
	variables.addNumber(left * 3 / 4)
	variables.end()
	for _, v := range [...]string{"HOME=/", "TMPDIR=/tmp", "PATH=/"} {
		variables.addText(v)
		variables.end()
	}
	if size, ok := openFWCfg("opt/atoll/env"); ok {
		for range min(size, uint32(textBytesMax-variables.n)) {
			variables.buffer[variables.n] = readFWCfg()
			variables.n++
		}
	}
	if exec.Strings(arguments.bytes()).Count() > exec.StringsMax/2 {
		fail("too many arguments")
	}
}
