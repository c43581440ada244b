// Package iperf speaks the iperf3 protocol, as a client and as a server, over any dialer and
// listener: the kernel's sockets, a lab's hosts, an in-memory network of a test.
package iperf
