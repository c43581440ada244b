// Package tcp is one TCP connection, without I/O.
//
// A [Conn] is made by [Connect] or [Accept], takes segments by Input and the program's bytes by
// Send, and says by Poll what to send and by Next when to call Poll again. Time is an argument; the
// same calls give the same segments.
//
// To read first: RFC 9293 (TCP; §3.10 is the order of input.go), RFC 7323 (window scale,
// timestamps, PAWS), RFC 2018 and 2883 (SACK, D-SACK), RFC 5961 (against blind attacks); for loss
// recovery and congestion control RFC 8985, 6298, 5681 and 9438.
//
// # States
//
// LISTEN belongs to whoever accepts connections. Any state falls to CLOSED by RST, Abort or a
// time-out; those arrows are left out.
//
//	                     CLOSED
//	      Connect         │  │         Accept
//	      snd SYN         │  │         snd SYN,ACK
//	    ┌─────────────────┘  └────────────────────┐
//	    ▼              rcv SYN                    ▼
//	SYN-SENT ─────────────────────────────▶ SYN-RECEIVED
//	    │              snd SYN,ACK                │
//	    │ rcv SYN,ACK                             │ rcv ACK of SYN
//	    │ snd ACK                                 │
//	    └──────────────▶ ESTABLISHED ◀────────────┘
//	                     │         │
//	        CloseWrite   │         │   rcv FIN
//	        snd FIN      │         │   snd ACK
//	    ┌────────────────┘         └──────────────┐
//	    ▼              rcv FIN                    ▼
//	FIN-WAIT-1 ───────────────▶ CLOSING      CLOSE-WAIT
//	    │              snd ACK     │              │ CloseWrite
//	    │ rcv ACK of FIN           │ rcv ACK      │ snd FIN
//	    ▼                          │ of FIN       ▼
//	FIN-WAIT-2                     │          LAST-ACK
//	    │ rcv FIN                  │              │ rcv ACK of FIN
//	    │ snd ACK                  ▼              ▼
//	    └─────────────────────▶ TIME-WAIT ────▶ CLOSED
//	                                    2 MSL
//
// CloseWrite changes the state at once; the FIN follows what is queued. A connection that is closed
// before it stands passes through ESTABLISHED all the same.
package tcp
