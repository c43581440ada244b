package tcp

import "errors"

// The reasons for which a connection ends otherwise than by both sides' FIN; see Conn.Err.
var (
	// ErrReset: the peer reset the connection (RFC 9293 §3.10.7.4).
	ErrReset = errors.New("tcp: connection reset by peer")
	// ErrRefused: the peer answered our SYN with RST, or a port unreachable message came for it.
	ErrRefused = errors.New("tcp: connection refused")
	// ErrTimeout: the peer did not acknowledge for too long: RetransmitsMax, SYNRetransmitsMax,
	// Options.UserTimeout or Options.KeepAlive.
	ErrTimeout = errors.New("tcp: connection timed out")
	// ErrHostUnreachable: a host unreachable message came before the connection stood, or came later
	// and then the connection timed out.
	ErrHostUnreachable = errors.New("tcp: host unreachable")
	// ErrNetUnreachable: as ErrHostUnreachable, for the network.
	ErrNetUnreachable = errors.New("tcp: network unreachable")
	// ErrAborted: our own side called Abort, or closed with data unread.
	ErrAborted = errors.New("tcp: connection aborted")
)
