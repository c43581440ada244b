// Command calls is a guest that makes a great many random system calls, with pointers to its own
// memory, to nothing, to the kernel and to what is no address. Its arguments are a seed and how
// many. It leaves alone only what would end or stop itself: its own memory, its handlers, calls that
// wait.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"github.com/atoll-os/atoll/kernel"
)

// numbers are all calls that the kernel serves, but for those that end the program or a thread, and
// some that it does not.
var numbers = append(served(), 400, 511, 512, 1<<40)

// served are the calls of the kernel's own table, so that a new one is tried as well.
func served() (numbers []uintptr) {
	for _, c := range kernel.Calls() {
		switch c.Number {
		case 15, 60, 231: // rt_sigreturn, exit, exit_group
		default:
			numbers = append(numbers, uintptr(c.Number))
		}
	}
	return numbers
}

const (
	arenaBytes = 4 << 20
	textBytes  = 1 << 16
)

// fuzzer makes calls.
type fuzzer struct {
	random *rand.Rand
	arena  uintptr // memory that may come and go
	text   []byte  // memory that stays
}

func main() {
	seed, _ := strconv.ParseUint(os.Args[1], 10, 64)
	count, _ := strconv.Atoi(os.Args[2])
	arena, err := syscall.Mmap(-1, 0, arenaBytes, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	f := &fuzzer{rand.New(rand.NewPCG(seed, 1)), uintptr(unsafe.Pointer(&arena[0])),
		make([]byte, textBytes)}
	results := map[syscall.Errno]int{}
	for range count {
		results[f.call()]++
	}
	fmt.Println("made", count, "calls,", results[0], "of them worked,", len(results), "results")
}

// call makes one call.
func (f *fuzzer) call() syscall.Errno {
	number := numbers[f.random.IntN(len(numbers))]
	var a [6]uintptr
	for i := range a {
		a[i] = f.value()
	}
	f.keep(number, &a)
	f.tame(number, &a)
	_, _, errno := syscall.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5])
	return errno
}

// value is an argument: a pointer, a descriptor, a flag, a length.
func (f *fuzzer) value() uintptr {
	switch f.random.IntN(12) {
	case 0, 1, 2:
		return f.pointer()
	case 3:
		return 0xffffffff80200000 + uintptr(f.random.IntN(1<<22))
	case 4:
		return 0xffff800000000000 + uintptr(f.random.IntN(1<<30))
	case 5:
		return 0x7ffffffe7000 + uintptr(f.random.IntN(1<<14))
	case 6:
		return uintptr(f.random.Uint64())
	case 7:
		return 1 << f.random.IntN(64)
	case 8:
		return ^uintptr(f.random.IntN(200))
	default:
		return uintptr(f.random.IntN(20))
	}
}

// names are paths for calls that take one.
var names = []string{"/tmp/a\x00", "/tmp/b\x00", "/tmp/d\x00", "/tmp/d/e\x00", "/dev/null\x00", "\x00",
	"..\x00", "/dev/urandom\x00"}

// pointer leads to memory that stays, which now holds a path or small numbers.
func (f *fuzzer) pointer() uintptr {
	at := f.random.IntN(textBytes - 4096)
	if f.random.IntN(2) == 0 {
		copy(f.text[at:], names[f.random.IntN(len(names))])
	} else {
		for i := range 32 {
			f.text[at+i] = byte(f.random.IntN(4) * f.random.IntN(2))
		}
	}
	return uintptr(unsafe.Pointer(&f.text[at]))
}

// bad is a pointer to what is not the program's.
func (f *fuzzer) bad() uintptr {
	return []uintptr{8, 1 << 47, 1 << 63, ^uintptr(0) - 8}[f.random.IntN(4)]
}

// tame changes arguments that would end the program, or let it wait for ever.
func (f *fuzzer) tame(number uintptr, a *[6]uintptr) {
	const nonblock = syscall.O_NONBLOCK
	switch number {
	case 1, 18, 20: // write
		a[0] = 3 + a[0]%60
		if number != 20 {
			a[2] %= 256
		}
		a[3] %= 1 << 20
	case 41: // socket
		a[0], a[1], a[2] = []uintptr{2, 10}[a[0]%2], nonblock|1+a[1]%2, 0
	case 288: // accept4
		a[3] |= nonblock
	case 0, 17, 45, 217, 318: // what fills memory
		length, at := 2, 1
		if number == 318 {
			length, at = 1, 0
		}
		a[length] %= 4096
		if a[at] >= f.arena && a[at] < f.arena+arenaBytes || f.random.IntN(3) == 0 {
			a[at] = f.bad()
		} else {
			a[at] = uintptr(unsafe.Pointer(&f.text[0])) + a[at]%(textBytes-4096)
		}
	case 3, 292: // close, dup3
		a[0] = 3 + a[0]%60
		a[1] = 3 + a[1]%60
	case 9, 10, 11, 28: // memory
		a[0], a[1] = f.arena+a[0]%arenaBytes&^4095, a[1]%(64<<10)
		if a[0]+a[1] > f.arena+arenaBytes {
			a[1] = 0
		}
		if number == 9 {
			a[3] = syscall.MAP_FIXED | syscall.MAP_ANON | syscall.MAP_PRIVATE
		} else if f.random.IntN(4) == 0 {
			a[0] = f.bad()
		}
	case 13: // rt_sigaction
		a[0] = 40 + a[0]%40
	case 35: // nanosleep
		a[0] = f.bad()
	case 56, 62, 234: // clone, kill, tgkill
		a[0], a[1], a[2] = a[0]|0x80000000, a[1]|0x80000000, a[2]%80
	case 72: // fcntl
		if a[1] == syscall.F_SETFL {
			a[2] |= nonblock
		}
	case 77:
		a[1] %= 1 << 20
	case 131, 158: // sigaltstack, arch_prctl
		a[0] = f.bad()
		a[1] = f.bad()
	case 202: // futex
		a[2] = 77
	case 281: // epoll_pwait
		a[3] = 0
	case 290, 293:
		a[1] |= nonblock
	}
}

// keep makes sure that a result that the kernel writes does not go to memory of the Go runtime: a
// random address is hardly ever that, but a call is made a million times.
func (f *fuzzer) keep(number uintptr, a *[6]uintptr) {
	own := func(at uintptr) bool {
		text := uintptr(unsafe.Pointer(&f.text[0]))
		return at >= text && at < text+textBytes-4096
	}
	for i := range a {
		if a[i] > 1<<20 && a[i] < 0x7ffffffe0000 && !own(a[i]) &&
			(a[i] < f.arena || a[i] >= f.arena+arenaBytes) && number != 9 {
			a[i] = f.bad()
		}
	}
}
