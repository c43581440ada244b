package tcpip

import (
	"strconv"
	"strings"
)

// Drop is why a stack threw something away.
type Drop uint8

const (
	DropNotForUs         Drop = iota // another machine's hardware or IP address
	DropMalformed                    // a header that does not parse
	DropChecksum                     // a TCP, UDP or ICMP checksum that is wrong
	DropProtocol                     // an EtherType or IP protocol that nobody here speaks
	DropMartian                      // an address that cannot be where it stands (RFC 1122 §3.2.1.3)
	DropTentative                    // for an address that duplicate detection has not released
	DropNoRoute                      // no route to the destination
	DropHopLimit                     // TTL or hop limit ran out on the way
	DropTooBig                       // larger than the next link takes, and not to be fragmented
	DropFragment                     // a fragment beyond the limits, overlapping, or too late
	DropNeighbor                     // the neighbour did not answer, or too many wait for it
	DropNoSocket                     // no socket has that port
	DropReceiveQueueFull             // a UDP or echo socket's queue is full
	DropSendQueueFull                // a UDP socket's queue of datagrams to send is full
	DropSYNQueueFull                 // answered by a SYN cookie that holds no memory
	DropAcceptQueueFull              // the program does not accept fast enough
	DropCookie                       // an ACK for a listener with no valid SYN cookie
	DropTimeWait                     // a connection in TIME-WAIT gone before its time: TimeWaitMax
	DropRateLimited                  // a reset or an ICMP error over its rate
	DropPending                      // more than PendingMax frames wait
	dropCount
)

var dropNames = [dropCount]string{
	"not for us", "malformed", "checksum", "protocol", "martian", "tentative", "no route",
	"hop limit", "too big", "fragment", "neighbor", "no socket", "receive queue full",
	"send queue full", "SYN queue full", "accept queue full", "cookie", "TIME-WAIT", "rate limited",
	"pending",
}

// String returns the reason in words.
func (d Drop) String() string {
	if d < dropCount {
		return dropNames[d]
	}
	return "unknown"
}

// Stats counts what a stack did. All are packets or frames since it was made.
type Stats struct {
	FramesReceived uint64
	FramesSent     uint64
	Forwarded      uint64
	Fragmented     uint64 // packets cut into fragments
	Reassembled    uint64 // packets put together from fragments
	ResetsSent     uint64 // for segments without a connection
	ICMPErrorsSent uint64
	CookiesSent    uint64
	CookiesTaken   uint64
	TimeWaitReused uint64 // RFC 6191
	Dropped        [dropCount]uint64
}

// String lists the counters that are not 0: "received 12, sent 9, dropped 3 no socket, 1 checksum".
func (s *Stats) String() string {
	var parts []string
	add := func(name string, n uint64) {
		if n > 0 {
			parts = append(parts, name+" "+strconv.FormatUint(n, 10))
		}
	}
	add("received", s.FramesReceived)
	add("sent", s.FramesSent)
	add("forwarded", s.Forwarded)
	add("fragmented", s.Fragmented)
	add("reassembled", s.Reassembled)
	add("resets sent", s.ResetsSent)
	add("ICMP errors sent", s.ICMPErrorsSent)
	add("SYN cookies sent", s.CookiesSent)
	add("SYN cookies taken", s.CookiesTaken)
	add("TIME-WAIT reused", s.TimeWaitReused)
	for d, n := range s.Dropped {
		add("dropped "+Drop(d).String()+":", n)
	}
	return strings.Join(parts, ", ")
}

// Stats returns the counters so far.
func (s *Stack) Stats() Stats { return s.stats }

func (s *Stack) drop(why Drop) { s.stats.Dropped[why]++ }
