// Package card gives a machine of target vm its network: Atoll's own TCP/IP, in the program, over
// the network card /dev/net0 of Atoll's kernel.
//
// The card's IPv4 address comes from the variable ATOLL_IP, "10.0.2.15/24,10.0.2.2": an address
// with its network and the router, which boot sets; else from DHCP (RFC 2131). IPv6 addresses come
// from ATOLL_IP6, in the same form, and from router advertisements in any case (RFC 4862).
//
// Names are found in the table ATOLL_HOSTS, "web=10.0.2.15,db=10.0.2.16", and others are asked of
// the DNS servers in ATOLL_DNS, or of those that DHCP named; without any, only addresses can be
// dialled.
package card
