//go:build atollkernel && linux && amd64

package main

// The first serial port, a 16550: what is written to its data port is sent.
const (
	serialPort   = 0x3f8
	serialStatus = serialPort + 5
	serialEmpty  = 1 << 5 // it takes another byte
	serialTries  = 100000 // then it is not there, or nobody reads
)

// startSerial sets 115200 bits per second, 8 data bits, and FIFOs without interrupts.
func startSerial() {
	out8(serialPort+1, 0)
	out8(serialPort+3, 0x80)
	out8(serialPort, 1)
	out8(serialPort+1, 0)
	out8(serialPort+3, 3)
	out8(serialPort+2, 7)
	out8(serialPort+4, 3)
}

// console writes to the serial port. A UART takes 16 bytes once it is empty.
func console(p []byte) {
	for len(p) > 0 {
		for tries := 0; in8(serialStatus)&serialEmpty == 0 && tries < serialTries; tries++ {
		}
		n := min(len(p), 16)
		for _, c := range p[:n] {
			out8(serialPort, c)
		}
		p = p[n:]
	}
}

var consolef = console

// printText writes a text of the kernel's own.
func printText(s string) {
	for i := range len(s) {
		for tries := 0; in8(serialStatus)&serialEmpty == 0 && tries < serialTries; tries++ {
		}
		out8(serialPort, s[i])
	}
}

// printHex writes a number in base 16.
func printHex(v uint64) {
	var b [18]byte
	at := len(b)
	for first := true; first || v != 0; first = false {
		at--
		b[at] = "0123456789abcdef"[v&15]
		v >>= 4
	}
	at -= 2
	b[at], b[at+1] = '0', 'x'
	console(b[at:])
}

// printNumber writes a number in base 10.
func printNumber(v uint64) {
	var b [20]byte
	at := len(b)
	for first := true; first || v != 0; first = false {
		at--
		b[at] = '0' + byte(v%10)
		v /= 10
	}
	console(b[at:])
}
