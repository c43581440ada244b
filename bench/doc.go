// Package bench compares Atoll's network with its peers in one run: gVisor's netstack and the
// kernel's loopback, over the same kind of in-memory link. It is a module of its own, so that
// the peers are no dependency of Atoll.
//
//	cd bench && go test -bench . -benchmem
//
// What counts is the ratio within one run: machines differ, and this one is noisy.
package bench
