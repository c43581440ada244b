// Package guest compares a Go program as a machine of Atoll's with the same program as the only
// process of Debian's Linux, both in QEMU's emulation, in one run and in turns.
//
//	.ci/linux-kernel                                               once: fetches Debian's kernel
//	cd bench && go test -run '^$' -bench Linux -benchtime 10x ./guest
//	cd bench && go test -run '^$' -bench Linux/start -benchtime 10x ./guest
//
// Both have one virtual processor, the machine "microvm", and the same devices: serial port,
// network card over a stream socket, source of entropy, console. What is asked goes through a
// published port and Atoll's switch to both. On Atoll's kernel the program has Atoll's TCP/IP in
// itself; on Linux it uses Linux's. Linux has ACPI, without which its kernel does not find the
// devices, and the timers and the interrupt controller that it needs; its first process, command
// init, loads the drivers, gives the card its address and becomes the program.
//
// What counts is the ratio within a run, whose rounds take turns. A figure is the median of its
// rounds.
package guest
