// Package neigh is the neighbour cache of one interface: which link-layer address an IP address on
// the link has, and whether it still answers. ARP (RFC 826) and NDP (RFC 4861 §7) share it; what
// goes over the wire is the caller's, the [Cache] says what to send and when.
//
// The states are those of RFC 4861 §7.3.2; ARP entries go through them as well, as RFC 1122 §2.3.2.1
// allows, so that a stale IPv4 neighbour is found out by a unicast probe before it is dropped.
//
//	       packet to send                      answered (S=1)
//	(none) ─────────────> INCOMPLETE ──────────────────────────────> REACHABLE <─────────┐
//	  │ ^                    │   │ answered (S=0)                     │   ^               │
//	  │ └────────────────────┘   v                      time is up,   v   │ confirmed     │
//	  │   3 unanswered         STALE <── another address ──────── (every state but       │
//	  │                        ^   │                                  INCOMPLETE)        │
//	  └────────────────────────┘   │ packet to send                                      │
//	    heard of it in a request   v                                                     │
//	                             DELAY ── 5 s ──> PROBE ── answered (S=1), confirmed ────┘
//	                                               │ 3 unanswered
//	                                               └──────────────> (none)
//
// The whole table is in state.go, one arm per pair of state and event, and in testdata/pairs.txt as
// the tests see it.
package neigh
