// Package iperf speaks the iperf3 protocol, as a client and as a server, over any dialer and
// listener: the kernel's sockets, the hosts of a lab, an in-memory network in a test.
//
//	c := iperf.Client{Dialer: host, Addr: "10.0.0.2:5201", Cookie: seeded}
//	r, err := c.Run(ctx, iperf.Test{Streams: 4, Reverse: true})
//	fmt.Println(r.End.SumReceived.BitsPerSecond)
//
// # Protocol
//
// A test has one TCP connection for control. Each side tells the other by one signed byte what
// comes next; JSON goes behind its length. Data has connections of its own, to the same port.
//
//	client                                        server
//	  | cookie, 37 bytes ----------------------->  |  busy: ACCESS_DENIED
//	  | <------------------------ PARAM_EXCHANGE   |
//	  | JSON: what the test is to be ----------->  |  bad: SERVER_ERROR, code, errno
//	  | <------------------------ CREATE_STREAMS   |
//	  | TCP: a connection for each stream, which begins with the cookie
//	  | UDP: "9876" from each stream's address, answered by "6789"
//	  | <--------------- TEST_START TEST_RUNNING   |
//	  | data in one direction or both ...........  |
//	  | TEST_END ------------------------------->  |
//	  | <---------------------- EXCHANGE_RESULTS   |
//	  | JSON: what the client has counted ------>  |
//	  | <----- JSON: what the server has counted   |
//	  | <----------------------- DISPLAY_RESULTS   |
//	  | IPERF_DONE ----------------------------->  |
//
// At any time either side may end the test by CLIENT_TERMINATE or SERVER_TERMINATE. Streams are
// opened one after another, as both sides number them by their order. In a bidirectional test the
// first half carries data from the client.
//
// # Time, randomness and the machine
//
// All time is package time's, so a test runs in virtual time inside a bubble of testing/synctest.
// Every wait there is durable: channels, timers and the connections' own. A stream has one
// goroutine; all of a test's goroutines end with Run, or with Serve. The cookie is drawn from a
// reader, and what is said of the machine is told by [Local]: nothing is looked up, and two runs in
// a lab with the same seed send the same bytes.
//
// # Where this differs from iperf3
//
//   - A stream's socket is its number in the test, not a file descriptor.
//   - An interval ends at its time to the nanosecond, not when somebody gets round to it.
//   - The UDP sum in a Result is the receiver's (see [End]).
//   - Set-up datagrams are sent again until they are answered; iperf3 sends one.
//   - A server waits for the rest of a test that was ended by an amount of TCP data, for at most
//     ten seconds and never one second without a byte.
//   - The amount of data that ends a test is divided among the streams beforehand.
//   - No SCTP, no authentication, no files, no TOS, no MPTCP. A server ignores what it does not
//     know.
package iperf
