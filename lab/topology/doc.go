// Package topology is a lab as a file: what is where, what each machine runs, what happens when,
// and what is to hold at the end.
//
//	name: two sites
//	hosts:
//	  web: {run: web, root: ./docs, tls: true}
//	  a:   {run: fetch, from: web}
//	  b:   {run: iperf-server}
//	  c:   {run: iperf, to: b, time: 5s}
//	routers: [gw]
//	switches: [lan]
//	links:
//	  - {ends: [web, lan], delay: 1ms}
//	  - {ends: [b, lan], delay: 1ms}
//	  - {ends: [gw, lan], delay: 1ms}
//	  - {ends: [gw, a], delay: 20ms, rate: 50Mbit, queue: 64KiB, loss: 0.5%}
//	  - {ends: [c, lan], rate: 100Mbit, forward: {queue: 64KiB}}
//	at:
//	  2s: pull gw-a
//	  4s: plug gw-a
//	expect:
//	  - transfers complete
//	  - goodput c > b: 20Mbit..100Mbit
//
// [Load] reads a file and those that it includes, [File.Check] says what is wrong with it, and
// [File.Run] runs it. A [File] is plain data: a program can make one without any YAML.
//
// # Values
//
// Every quantity has a unit: 20ms, 100Mbit, 64KiB, 0.5%. What a link is like is said in the words
// of package [github.com/atoll-os/atoll/vnet/fault], each word a key and its arguments the value.
// An error says where it is, shows the line, and gives a hint.
//
// Defaults hold for all links; what a link says goes before them, word by word, and what it says of
// one direction (forward is from its first end to the second) before that. Other files come in by
// include: their parts stand before the file's own, whose name, seed and duration win.
//
// # Names and groups
//
// A name has lower-case letters, digits and hyphens. A host with a count is a group: n with count 3
// is n0, n1 and n2. The group's name stands for all of them in links, actions and expectations;
// where something runs on each and names a group, the i-th takes the i-th of the group, beginning
// again when there are no more. A link is called by its ends, gw-far, and its directions gw > far
// and far > gw.
//
// # What a machine runs
//
//	web           an HTTP file server: root is a directory, sample a generated tree of that size;
//	              tls adds TLS by the lab's authority
//	fetch         gets every file from a web host and compares SHA-256 sums; it goes on through
//	              failures unless retry is false
//	iperf-server  the iperf3 server; if several clients name it, it has one port for each
//	iperf         the iperf3 client; its socket buffers are 256 KiB, or if that is more four
//	              times the path's bandwidth and round-trip time, 64 MiB at most; a path without
//	              a rate counts as 1 Gbit/s
//	anything else a service that the caller of Run knows by that name
//
// # What happens
//
//	pull LINK, plug LINK            the cable
//	link LINK VALUES, clear LINK    more values, and all of these gone again; A > B is one direction
//	crash HOST, restart HOST        the machine: silence, and a new life
//	pause HOST, resume HOST         its network
//	partition HOST..., heal         these hosts and the rest cannot talk
//
// # What is to hold
//
//	done [: BAND]                all clients have ended, without an error, at a time within the band
//	transfers complete           every fetch has every file, and their sums are equal
//	checksums equal              no file that came had another sum
//	goodput A > B: BAND          of iperf, in the direction of the data; also without hosts: all
//	retransmits A > B: BAND      segments sent again
//	rtt A > B: BAND              smoothed round-trip time, mean, as the sender saw it
//	jitter A > B: BAND           of UDP
//	lost A > B: BAND             datagrams of UDP, in per cent
//	retries A: BAND              of a fetch: how often it began a file again
//	drops LINK: BAND             frames dropped on a link; also A > B
//
// A band is LOW..HIGH, LOW.. or ..HIGH, both ends included. A file without expect expects done.
package topology
