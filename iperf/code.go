package iperf

import (
	"errors"
	"fmt"
	"strconv"
)

// Code is a number of iperf3's table of errors, as a server sends it behind SERVER_ERROR.
type Code int32

// The codes that this package sends, and those it gives names to when a peer sends them.
const (
	CodeDuration     Code = 5   // test longer than DurationMax
	CodeStreams      Code = 6   // more than StreamsMax streams
	CodeBlockSize    Code = 7   // TCP block size out of range
	CodeWindow       Code = 8   // socket buffer larger than WindowMax
	CodeMSS          Code = 10  // segment size larger than MSSMax
	CodeOmit         Code = 12  // longer than OmitMax
	CodeBurst        Code = 15  // larger than BurstMax
	CodeNoSCTP       Code = 18  // SCTP is not offered
	CodeDatagramSize Code = 20  // UDP block size out of range
	CodeBothWays     Code = 28  // both reverse and bidirectional
	CodeTotalRate    Code = 27  // more bandwidth than the server allows
	CodeTooLong      Code = 37  // longer than the server allows
	CodeCookie       Code = 105 // no cookie came
	CodeControlWrite Code = 107 // the control connection cannot be written
	CodeControlRead  Code = 108 // the control connection cannot be read
	CodeClosed       Code = 109 // the control connection was closed
	CodeMessage      Code = 110 // a state byte that has no place here
	CodeParams       Code = 114 // bad parameters
	CodeResults      Code = 117 // bad results
	CodeClientEnded  Code = 119 // the client was stopped
	CodeServerEnded  Code = 120 // the server was stopped
	CodeBusy         Code = 121 // another client is being served
	CodeCongestion   Code = 134 // the congestion control algorithm is not to be had
	CodeNotAllowed   Code = 142 // authentication failed
	CodeIdle         Code = 144 // nothing was received for too long
	CodeExpired      Code = 160 // the test took longer than it said
	CodeListen       Code = 202 // no listener for streams
	CodeConnect      Code = 203 // a stream cannot be opened
	CodeAccept       Code = 204 // a stream did not come
	CodeStreamWrite  Code = 205 // a stream cannot be written
	CodeStreamRead   Code = 206 // a stream cannot be read
	CodeStreamID     Code = 208 // results speak of a stream that does not exist
)

var codeText = map[Code]string{
	CodeDuration:     "test too long",
	CodeStreams:      "invalid number of parallel streams",
	CodeBlockSize:    "invalid block size",
	CodeWindow:       "socket buffer too large",
	CodeMSS:          "TCP MSS too large",
	CodeOmit:         "omitted time too long",
	CodeBurst:        "invalid burst count",
	CodeNoSCTP:       "no SCTP support available",
	CodeDatagramSize: "invalid datagram size",
	CodeBothWays:     "cannot be both reverse and bidirectional",
	CodeTotalRate:    "total bandwidth is larger than the server's limit",
	CodeTooLong:      "test is longer than the server's limit",
	CodeCookie:       "no cookie received (is the client iperf3?)",
	CodeControlWrite: "unable to write to the control connection",
	CodeControlRead:  "unable to read from the control connection",
	CodeClosed:       "the control connection was closed unexpectedly",
	CodeMessage:      "unknown control message (is the other side iperf3?)",
	CodeParams:       "unable to receive parameters from client",
	CodeResults:      "unable to receive results",
	CodeClientEnded:  "the client has terminated",
	CodeServerEnded:  "the server has terminated",
	CodeBusy:         "the server is busy running a test, try again later",
	CodeCongestion:   "unable to set the congestion control algorithm",
	CodeNotAllowed:   "test authorization failed",
	CodeIdle:         "nothing received for too long",
	CodeExpired:      "the test took longer than it said",
	CodeListen:       "unable to start stream listener",
	CodeConnect:      "unable to open stream",
	CodeAccept:       "unable to accept stream",
	CodeStreamWrite:  "unable to write to stream",
	CodeStreamRead:   "unable to read from stream",
	CodeStreamID:     "stream has an invalid id",
}

// String says what the code means, or "error N" for one that has no name here.
func (c Code) String() string {
	if s, ok := codeText[c]; ok {
		return s
	}
	return "error " + strconv.Itoa(int(c))
}

// Error is why a test failed. Remote says that the other side found the fault and sent its Code;
// else this side found it, and Err, which may be nil, says more.
type Error struct {
	Code   Code
	Remote bool
	Errno  int32 // of the other side's system, 0 if it has none to report
	Err    error
}

// ErrBusy is what errors.Is finds in the error of a client whom a server has refused because it
// serves another one.
var ErrBusy = errors.New("iperf: the server is busy")

// Error returns one line that begins with "iperf: ".
func (e *Error) Error() string {
	s := "iperf: " + e.Code.String()
	if e.Remote {
		s = "iperf: the other side says: " + e.Code.String()
	}
	if e.Errno != 0 {
		s += fmt.Sprintf(" (its errno is %d)", e.Errno)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// Is says whether target is ErrBusy and e means it.
func (e *Error) Is(target error) bool { return target == ErrBusy && e.Code == CodeBusy }

// fail makes an Error of this side's own finding.
func fail(c Code, format string, args ...any) *Error {
	return &Error{Code: c, Err: fmt.Errorf(format, args...)}
}
