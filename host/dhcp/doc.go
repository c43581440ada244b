// Package dhcp borrows an IPv4 address for a host from a DHCP server (RFC 2131), and keeps it.
//
//	           DISCOVER            OFFER               ACK
//	selecting ─────────> (server) ─────> requesting ─────> bound
//	    ^                                    │ NAK          │ T1
//	    ├────────────────────────────────────┘              v
//	    │                                        ACK ┌── renewing    asks the server that lent it
//	    │                                            │      │ T2
//	    │ NAK                                        v      v
//	    ├──────────────────────────────────────── bound <── rebinding  asks every server
//	    │ the time is up: the address is taken away         │
//	    └───────────────────────────────────────────────────┘
//
// The client is a program on the host like others: it talks by UDP sockets and waits by timers, so
// that it runs in virtual time too. Until the host has an address, answers are asked for by
// broadcast. What arrives is held against the transaction, the hardware address and, where a server
// was chosen, the server; everything else is ignored.
//
// Left out of RFC 2131: the probe for another station that has the address already (§4.4.1,
// SHOULD), DHCPDECLINE with it, DHCPRELEASE at the end, and INIT-REBOOT, since a machine remembers
// nothing. A router outside of the address's network is ignored, and so are classless routes (RFC
// 3442).
package dhcp
