//go:build atollkernel && linux && amd64

package main

import "github.com/atoll-os/atoll/kernel"

// printCounts prints what the program asked of the kernel, on lines that begin with "atoll:".
func printCounts() {
	calls := kernel.Calls()
	for i := range calls {
		c := &calls[i]
		if n := k.Served[c.Number]; n > 0 {
			printText("atoll: call ")
			printText(c.Name)
			printText(" ")
			printNumber(n)
			printText("\n")
		}
	}
	for n := range uint64(kernel.CallNumbers) {
		if k.Served[n] > 0 && !kernel.Serves(n) {
			printText("atoll: call not served: number ")
			printNumber(n)
			printText(", times ")
			printNumber(k.Served[n])
			printText("\n")
		}
	}
	printGeneration()
	used, peak := k.Space.Pages.Used()
	printText("atoll: pages ")
	printNumber(uint64(used))
	printText(" peak ")
	printNumber(uint64(peak))
	printText(" faults ")
	printNumber(k.Space.Faults)
	printText(" areas ")
	printNumber(uint64(k.Space.Areas.Len()))
	printText(" nanoseconds ")
	printNumber(uint64(now()))
	printText("\n")
}
