// Package lab is a network of hosts for tests: real TCP/IP over links with delay, loss and
// failures, in the virtual time of a testing/synctest bubble or in real time, in one process and
// without root.
//
//	func TestRetryUnderLoss(t *testing.T) {
//		lab.Test(t, func(t *testing.T, l *lab.Lab) {
//			web, me := l.Host("web", serveHTTP), l.Host("me", nil)
//			l.Link(me, web, fault.Delay(10*time.Millisecond), fault.Loss(0.05))
//			client := &http.Client{Transport: &http.Transport{DialContext: me.DialContext}}
//			for range 200 {
//				if _, err := client.Get("http://web/"); err != nil {
//					t.Fatal(err)
//				}
//			}
//		})
//	}
//
// [Test] makes the bubble, the lab in it, and cleans up. [Seeds] does so for many seeds, each a
// parallel subtest. A failure prints the seed, what stood where, and the one line that shows it
// again:
//
//	lab: replay: ATOLL_SEED=0x9c1f go test -run '^TestOneLeader$' ./raft
//
// # Environment
//
//	ATOLL_SEED=0x9c1f     the seed of Test and New, and the only seed of Seeds; "random" draws one
//	ATOLL_SEEDS=10000     how many seeds Seeds tries
//	go test -artifacts    writes capture.pcapng, capture.txt and events.jsonl of each lab
//
// # What repeats
//
// A run is (version, topology, seed). Two runs with the same three give the same frames at the same
// instants, as long as, within one instant, at most one goroutine writes a given connection and at
// most one dials a given destination. TLS keys repeat under testing/cryptotest; HTTP/2 does not
// repeat, since its implementation ranges over maps. Package variables survive a Crash.
//
// # Addresses
//
// Every switch and every link without a switch is a segment, numbered from 1. Segment s has the
// prefixes 10.s.0.0/16 and fd00:0:0:s::/64; the n-th machine on it has the n-th address of each.
// A machine's name resolves to all of its addresses.
//
// # What to mind in virtual time
//
// A goroutine that waits for a sync.Mutex is not at rest: if the holder waits for the network,
// virtual time stands still. Shake hands before connections are shared, and give protocols that
// hold a mutex across a read a connection of their own; [Test] has a watchdog in real time that
// names the goroutines. Code must use the machine's Dial and Listen: package net leaves the lab.
package lab
