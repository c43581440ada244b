// Package neigh is the neighbour cache of one interface: which link-layer address an IP address on
// the link has, and whether it still answers. ARP (RFC 826) and NDP (RFC 4861 §7) share it; what
// goes over the wire is the caller's, the [Cache] says what to send and when.
//
// The states are those of RFC 4861 §7.3.2; ARP entries go through them as well, as RFC 1122
// §2.3.2.1 allows, so that a stale IPv4 neighbour is found out by a unicast probe before it is
// dropped.
//
//	(none) ── packet to send ──> INCOMPLETE ── answered, S=1 ──> REACHABLE <─────────┐
//	  │ ^                          │   │                           │                 │
//	  │ └────── 3 unanswered ──────┘   │ answered, S=0             │ time is up,     │
//	  │                                v                           │ another MAC     │
//	  └──── heard of in a request ──> STALE <──────────────────────┘                 │
//	                                   │ ^                                           │
//	                    packet to send │ └── another MAC ──┐         answered, S=1;  │
//	                                   v                   │         confirmed       │
//	                                 DELAY ─── 5 s ───> PROBE ───────────────────────┘
//	                                                       │ 3 unanswered
//	                                                       └──> (none)
//
// STALE and DELAY become REACHABLE by the same events as PROBE, and DELAY goes back to STALE by
// another MAC too.
//
// The whole table is in state.go, one arm per pair of state and event, and in testdata/pairs.txt as
// the tests see it.
package neigh
