// Package wire holds the formats that travel: Ethernet, ARP, IPv4, IPv6, ICMP, NDP, UDP and TCP.
//
// Every format has a struct, a Parse function and an Append method. Parse reads bytes that a peer
// wrote: it never panics, never allocates on the hot path, and returns an [Error] with a code. What
// it returns aliases its argument. Append writes the format behind the bytes it is given, as
// the built-in append does; a value that cannot be written is a bug of the caller and panics.
//
// Checksums: IPv4 and ICMPv4 carry their own, which Parse verifies and Append computes. UDP, TCP
// and ICMPv6 need the addresses as well: Append leaves their field 0, [SetChecksum] fills it in
// and [VerifyChecksum] judges it, so that a frame that never meets a real wire costs neither.
//
// [Describe] turns a whole frame into one line of text.
package wire
