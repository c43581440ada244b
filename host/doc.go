// Package host gives one machine's network the verbs of package net: Dial, Listen, ListenPacket,
// Lookup.
//
// It is the shell round the pure stack of package tcpip: blocking, goroutines, locks and deadlines
// live here and nowhere below. A [Network] owns one vnet.Network, one short lock and a driver, in
// real time ([Real]) or in the virtual time of a testing/synctest bubble ([Virtual]).
//
// # One engine
//
// A program's call never runs protocol code as a side effect of its own call order: it changes the
// buffers of its endpoint under the endpoint's lock and marks the endpoint touched. The engine
// takes the touched endpoints in a canonical order, hands what the programs did to the stacks, and
// runs the network:
//
//	program                        engine (holds the network's lock)
//	Write: bytes -> e.out          take the touched set, sorted by (host, socket id)
//	       touch(e)                push: e.out -> socket's send buffer
//	                               vnet.Step: frames, timers
//	Read:  wait until e.in         pull: socket's received bytes -> e.in, wake e
//	       bytes <- e.in
//
// # Why no wake-up can be lost
//
// Who waits, waits for a condition that is a function of the endpoint's fields (bytes in e.in,
// space, an error, a deadline), checks it under the endpoint's lock, and sleeps on a sync.Cond of
// that lock, so that no change fits between check and sleep. Whoever changes one of these fields
// does it under the same lock and broadcasts afterwards. And whatever a program changes while the
// engine is at work is marked in a set that the engine empties before it may rest: rest and mark
// exclude each other by the set's own lock. So it does not matter whether the SYN-ACK, the ACK, the
// window update or the close comes before, inside or after the call that it answers.
//
// The tests TestWalk… prove it by walking: they let every event arrive between any two steps of
// every call, and look whether a driver that does only what it was told to do wakes the caller.
//
// # Limits
//
// There is no SyscallConn and no File; multicast groups cannot be joined; Dial tries the addresses
// of a name one after the other, IPv6 first. A socket that is not connected is not told that there
// is no way to where its datagram went. What a program asks of a paused machine waits until that
// goes on.
package host
