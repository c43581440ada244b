// Package udp is what UDP (RFC 768) needs above its eight bytes of header: a [Queue] of datagrams
// with limits for each direction of a socket, and a [Table] that knows which socket a datagram is
// for and which addresses may be bound together.
//
// Nothing here makes or reads a packet; that is package wire's and the stack's.
package udp
