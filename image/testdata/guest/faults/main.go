// Command faults is a guest that ends in the way that its argument says.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"syscall"
	"unsafe"
)

func main() {
	what := "nothing"
	if len(os.Args) > 1 {
		what = os.Args[1]
	}
	fmt.Println("this is", what)
	switch what {
	case "exit":
		code, _ := strconv.Atoi(os.Args[2])
		os.Exit(code)
	case "nil":
		var p *int
		fmt.Println(*p)
	case "divide":
		zero := len(os.Args) - 2
		fmt.Println(1 / zero)
	case "overflow":
		debug.SetMaxStack(1 << 20)
		fmt.Println(deeper(1))
	case "memory":
		var kept [][]byte
		for {
			b := make([]byte, 1<<20)
			for i := range b {
				b[i] = 1
			}
			kept = append(kept, b)
		}
	case "unknown":
		_, _, errno := syscall.Syscall(400, 0, 0, 0)
		fmt.Println("call 400:", errno)
	case "kernel":
		fmt.Println(*(*int)(unsafe.Pointer(kernel)))
	case "wait":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		fmt.Println("waiting")
		<-ctx.Done()
		fmt.Println(context.Cause(ctx))
		os.Exit(9)
	case "abort":
		syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {}
	case "deadlock":
		select {}
	}
}

// kernel is an address of the kernel's own memory.
var kernel = uintptr(0xffffffff80200000)

func deeper(n int) int {
	if n == 0 {
		return 0
	}
	return deeper(n+1) + 1
}
