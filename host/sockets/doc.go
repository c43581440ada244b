// Package sockets is the driver that makes package net work in a program on Atoll's kernel: the
// kernel's sockets end at the machine, and the driver joins those that lead outside to Atoll's own
// TCP/IP, a [host.Host] in the same program.
//
//	net.Listen, net.Dial     the program
//	sockets, pipes           the kernel; loopback stays there
//	/dev/sockets             requests and answers, see package kernel/file
//	Driver                   two goroutines a connection move its bytes
//	host.Host                TCP/IP; /dev/net0
//
// What limits one end limits the other: a program that does not read fills its pipe, the driver
// stops reading from the stack, and the peer's window closes. An end, a half end and a reset pass
// in both directions, errors as their numbers.
//
// Package autostart starts a driver for a program that knows nothing of it.
package sockets
