package tcpip

import "errors"

// What a program can run into when it opens a socket or sends from it.
var (
	// ErrNoRoute: no interface leads to the destination.
	ErrNoRoute = errors.New("tcpip: no route to host")
	// ErrAddrInUse: another socket has the address.
	ErrAddrInUse = errors.New("tcpip: address already in use")
	// ErrAddrNotAvailable: the stack does not have the local address, or none that could reach the
	// destination.
	ErrAddrNotAvailable = errors.New("tcpip: cannot assign requested address")
	// ErrNoPorts: every ephemeral port is in use for this destination.
	ErrNoPorts = errors.New("tcpip: no free port")
	// ErrMessageTooLong: a datagram does not fit into a packet, or not into the path's MTU.
	ErrMessageTooLong = errors.New("tcpip: message too long")
	// ErrQueueFull: datagrams wait for the next Poll up to the limit.
	ErrQueueFull = errors.New("tcpip: send queue full")
	// ErrClosed: the socket was closed.
	ErrClosed = errors.New("tcpip: socket closed")
)
