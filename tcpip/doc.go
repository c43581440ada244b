// Package tcpip is the TCP/IP of one machine: interfaces, routes and sockets over Ethernet frames.
//
// A [Stack] is a pure state machine. Frames go in by [Stack.Input], frames come out of
// [Stack.Poll], which also says when it must be called again; [Stack.Changed] names the sockets for
// which a program may wait. It reads no clock, draws no random number, starts no goroutine and
// takes no lock. The same calls with the same arguments give the same frames.
//
//	      program: Send, Receive, Close ... then Touch
//	          │                                  ▲ Changed
//	┌─────────┴──────────────────────────────────┴──────────┐
//	│ TCPSocket  TCPListener  UDPSocket  EchoSocket         │
//	│     │ poll, by id            ▲ by address             │
//	│  path: route, neighbour   deliver ── loopback ──┐     │
//	│     │                        ▲                  │     │
//	│  neighbour cache          input: addresses, fragments │
//	│     │                        │  └─> forward           │
//	└─────▼────────────────────────┴────────────────────────┘
//	   Poll(now) frames         Input(now, port, frame)
//
// # Order
//
// What one Input leads to is sent by the next Poll: first what answers without a socket, then the
// sockets that something happened to, by their ids, then those whose timers are due, by instant and
// id. Ids are keyed hashes of addresses, so the order in which programs opened sockets does not
// matter.
//
// # Limits
//
// There are no multicast groups for programs, no source routes, no jumbograms, and no more of
// anything than the constants of this package and of those below it say.
package tcpip
