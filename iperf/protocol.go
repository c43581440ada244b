package iperf

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Port is the TCP and UDP port on which servers listen by default.
const Port = 5201

// Limits of the protocol. A peer that goes beyond one is refused with the Code beside it.
const (
	StreamsMax       = 128               // parallel streams in one direction; CodeStreams
	DurationMax      = 24 * time.Hour    // of a test; CodeDuration
	OmitMax          = 600 * time.Second // at the start of a test; CodeOmit
	BytesMax         = 1 << 60           // that end a test; CodeParams
	BlockSizeMax     = 1 << 20           // bytes of one TCP write; CodeBlockSize
	DatagramSizeMin  = 16                // bytes of a UDP payload: the 64-bit header; CodeDatagramSize
	DatagramSizeMax  = 65507             // bytes of a UDP payload over IPv4; CodeDatagramSize
	MSSMax           = 32767             // bytes; CodeMSS
	WindowMax        = 512 << 20         // bytes of a socket buffer; CodeWindow
	BurstMax         = 1000              // blocks sent back to back; CodeBurst
	paramsSizeMax    = 8 << 10           // bytes of parameters JSON
	resultsSizeMax   = 8 << 20           // bytes of results JSON, the server's output included
	serverOutputMax  = 4 << 20           // bytes of output a server sends along with its results
	textSizeMax      = 4 << 10           // bytes of a title or of extra data
	algorithmSizeMax = 64                // bytes of a congestion control algorithm's name
)

// Times after which one side gives up waiting for the other.
const (
	controlTimeout  = 30 * time.Second  // for the next message of the control connection
	cookieTimeout   = 10 * time.Second  // for the cookie of a connection just accepted
	receiveIdleMax  = 120 * time.Second // without a byte, at a receiver
	serverGrace     = 40 * time.Second  // beyond the length of a test, at a server
	farewellTimeout = time.Second       // for the last word to a peer when a test is cancelled
)

// state is the byte by which either side tells the other what comes next.
type state int8

const (
	testStart       state = 1  // server: all streams stand
	testRunning     state = 2  // server: send
	testEnd         state = 4  // client: enough
	paramExchange   state = 9  // server: tell me what you want
	createStreams   state = 10 // server: open your streams
	serverTerminate state = 11 // server: I am being stopped
	clientTerminate state = 12 // client: I am being stopped
	exchangeResults state = 13 // server: send your results, then I send mine
	displayResults  state = 14 // server: I have yours
	iperfDone       state = 16 // client: good-bye
	accessDenied    state = -1 // server: another client is being served
	serverError     state = -2 // server: a Code and an errno follow, int32 each
)

func (s state) String() string {
	switch s {
	case testStart:
		return "TEST_START"
	case testRunning:
		return "TEST_RUNNING"
	case testEnd:
		return "TEST_END"
	case paramExchange:
		return "PARAM_EXCHANGE"
	case createStreams:
		return "CREATE_STREAMS"
	case serverTerminate:
		return "SERVER_TERMINATE"
	case clientTerminate:
		return "CLIENT_TERMINATE"
	case exchangeResults:
		return "EXCHANGE_RESULTS"
	case displayResults:
		return "DISPLAY_RESULTS"
	case iperfDone:
		return "IPERF_DONE"
	case accessDenied:
		return "ACCESS_DENIED"
	case serverError:
		return "SERVER_ERROR"
	}
	return "state " + strconv.Itoa(int(s))
}

// cookieSize is the length of a cookie on the wire, its final NUL included.
const cookieSize = 37

// cookie names a test. The control connection and every TCP stream begin with it.
type cookie [cookieSize]byte

const cookieAlphabet = "abcdefghijklmnopqrstuvwxyz234567"

// newCookie draws 36 bytes from r and makes a cookie of five bits of each.
func newCookie(r io.Reader) (cookie, error) {
	var c cookie
	if _, err := io.ReadFull(r, c[:cookieSize-1]); err != nil {
		return cookie{}, fmt.Errorf("iperf: read cookie source: %w", err)
	}
	for i := range c[:cookieSize-1] {
		c[i] = cookieAlphabet[c[i]%32]
	}
	return c, nil
}

// valid says whether a peer's cookie is one: text that ends with a NUL. Clients before 3.2 send
// their host's name and the time; iperf2 and other protocols send something else.
func (c *cookie) valid() bool {
	n := bytes.IndexByte(c[:], 0)
	for i := range max(n, 0) {
		if c[i] <= ' ' || c[i] > '~' {
			return false
		}
	}
	return n > 0
}

func (c *cookie) String() string {
	s, _, _ := bytes.Cut(c[:], []byte{0})
	return string(s)
}

// streamID returns the number of the i-th stream of a test, from 0. Streams are numbered 1, 3, 4,
// 5 and so on: iperf3 leaves out 2 and must go on doing so, as the numbers are never sent at
// set-up and both sides count.
func streamID(i int) int {
	if i == 0 {
		return 1
	}
	return i + 2
}
