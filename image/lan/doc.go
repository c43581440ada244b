// Package lan is the network that booted machines have in common: a switch in the process that
// started them, a gateway beside it, and ports of the host that lead to theirs. It needs no rights.
//
//	127.0.0.1:8080 ── gateway 10.0.2.2 ── switch ── Unix socket ── QEMU ── machine 10.0.2.15
//	                                        └────── Unix socket ── QEMU ── machine 10.0.2.16
//
// The gateway is a host with Atoll's own TCP/IP. It forwards no packets: machines reach it and each
// other, and nothing beyond.
package lan
