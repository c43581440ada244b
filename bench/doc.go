// Package bench compares Atoll's network with its peers in one run: gVisor's netstack and the
// kernel's loopback, over the same kind of in-memory link; its random numbers with crypto/rand;
// and its check of advisories with govulncheck, if .ci/advisory-scan has installed that. It is a
// module of its own, so that the peers are no dependency of Atoll.
//
//	cd bench && go test -bench .                        everything
//	cd bench && go test -bench Stream/mtu1500           one flow, segments of 1500 bytes
//	cd bench && go test -bench Stream/super             one flow, segments of 64 KiB
//	cd bench && go test -bench 'Connect|PingPong'       latency
//	cd bench && go test -bench Frames -benchtime 5s     a simulated network, on one core
//	cd bench && go test -bench 'Random$' -cpu 1         random numbers, one core
//	cd bench && go test -bench Check -benchtime 3x      atoll advisory check and govulncheck
//	cd bench && go test .                               quic-go on Atoll's UDP, unchanged; and
//	                                                    that the check and govulncheck agree
//
// What counts is the ratio within one run: machines differ, and most are noisy. Atoll is always the
// real path: programs in goroutines of their own, package host, two stacks, a virtual link.
//
// # What bounds the figures
//
// Stream/super: three copies of each byte (program to send queue, to frame, to program), most of
// the time the second, whose memory the reader's core has just let go of. Stream/mtu1500: four
// copies, since short frames are not kept, and some hundreds of nanoseconds of protocol for each
// segment and ACK; nothing of it allocates. Connect: the memory of two connections, and eight
// frames. PingPong: waking the other goroutine. Frames: half is the change between engine and
// programs that testing/synctest needs at every instant at which somebody can see something, half
// is the network.
//
// Random/32B: of some 20 ns, about 4 each are the keystream, the two locked instructions of a
// generator's lock, and the look at what tells copies; the rest are calls, moving and erasing.
// Random/1KiB and Random/64KiB: two thirds are AES, then erasing.
package bench
