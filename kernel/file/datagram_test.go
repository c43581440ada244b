package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// udp opens a UDP socket.
func (f *fixture) udp(t *testing.T, family uint64) uint64 {
	t.Helper()
	fd := f.NewSocket(family, 2|abi.OpenNonblock, 17)
	if fd < 0 {
		t.Fatalf("socket: %d", fd)
	}
	return uint64(fd)
}

// TestDatagramsInside: datagrams keep their borders and say where they are from; one for nobody is
// an error to who is connected, and one without room is lost.
func TestDatagramsInside(t *testing.T) {
	f := newTable(t)
	server, client := f.udp(t, abi.FamilyIPv6), f.udp(t, abi.FamilyIPv4)
	at, n := f.six(address{port: 53})
	want(t, "bind", f.Bind(server, at, n), 0)
	want(t, "listen", f.Listen(server, 1), -abi.EOPNOTSUPP)
	text, _ := f.put("hello world")
	want(t, "write to nobody", f.Write(client, text, 5), -abi.EDESTADDRREQ)
	at, n = f.inet(127, 0, 0, 1, 53)
	want(t, "send", f.Send(client, text, 5, Peer{at, n}, 0), 5)
	want(t, "send", f.Send(client, text, 11, Peer{at, n}, 0), 11)
	from := Peer{f.base + peerAt, f.base + peerAt - 8}
	f.Space.Store32(from.Length, address6Bytes)
	want(t, "receive", f.Receive(server, f.base+page, 100, from, 0), 5)
	who, _ := f.address(&f.sockets[f.Object(server).index], from.At, address6Bytes)
	if !who.is4() || !who.inside() || who.port != f.name(t, client, false).port {
		t.Errorf("from %v", who)
	}
	want(t, "receive of less", f.Receive(server, f.base+page, 5, Peer{}, 0), 5)
	want(t, "nothing more", f.Receive(server, f.base+page, 5, Peer{}, 0), -abi.EAGAIN)
	at, n = f.six(who)
	want(t, "connect", f.Connect(server, at, n), 0)
	want(t, "reply", f.Write(server, text, 3), 3)
	want(t, "read", f.Read(client, f.base+page, 100), 3)
	other := f.udp(t, abi.FamilyIPv4)
	at, n = f.inet(127, 0, 0, 1, 53)
	want(t, "send of another", f.Send(other, text, 5, Peer{at, n}, 0), 5)
	want(t, "is not for who is connected", f.Read(server, f.base, 5), -abi.EAGAIN)
	want(t, "connect", f.Connect(other, at, n), 0)
	want(t, "shutdown", f.Shutdown(other, 2), 0)
	at, n = f.inet(127, 0, 0, 1, 54)
	want(t, "connect", f.Connect(other, at, n), 0)
	want(t, "nobody there", f.Write(other, text, 1), 1)
	want(t, "is told", f.Read(other, f.base, 1), -abi.ECONNREFUSED)
	want(t, "too long", f.Write(other, f.base, DatagramMax+1), -abi.EMSGSIZE)
	want(t, "bad memory", f.Write(server, 8, 10), -abi.EFAULT)
	for range 3 {
		want(t, "one without room is lost", f.Write(server, f.base, DatagramMax), DatagramMax)
	}
	want(t, "the first", f.Read(client, f.base, DatagramMax), DatagramMax)
	want(t, "the others", f.Read(client, f.base, DatagramMax), -abi.EAGAIN)
	want(t, "write", f.Write(server, f.base, 100), 100)
	want(t, "into bad memory", f.Read(client, 8, 100), -abi.EFAULT)
	f.closeAll(t)
}

// TestDatagramsOutside: the driver has the other end, where each datagram has a header.
func TestDatagramsOutside(t *testing.T) {
	f := newTable(t)
	fd := f.udp(t, abi.FamilyIPv4)
	at, n := f.inet(192, 0, 2, 1, 53)
	want(t, "connect without a driver", f.Connect(fd, at, n), -abi.ENETUNREACH)
	want(t, "send without a driver", f.Send(fd, at, n, Peer{at, n}, 0), -abi.ENETUNREACH)
	f.Close(fd)
	d := f.driver(t)
	fd = f.udp(t, abi.FamilyIPv4)
	want(t, "connect", f.Connect(fd, at, n), Asking)
	r := f.request(t, d, WantDatagrams)
	if r.peer != outside(53) || r.local.port != 0 {
		t.Errorf("request %+v", r)
	}
	far, local := f.udp(t, abi.FamilyIPv4), outside(50000)
	none := address{}
	want(t, "join of TCP", f.answer(d, AnswerJoin, f.socket(t), r.number, 0, local, none),
		-abi.EINVAL)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, local, none), RecordBytes)
	want(t, "connect", f.Connect(fd, at, n), 0)
	if f.name(t, fd, false).port != 50000 {
		t.Errorf("local %v", f.name(t, fd, false))
	}
	ep := uint64(f.NewEpoll(0))
	f.watch(ep, abi.EpollAdd, fd, edge)
	f.watch(ep, abi.EpollAdd, far, edge)
	f.polled(t, ep)
	want(t, "write", f.Write(fd, f.base, 60000), 60000)
	want(t, "write without room", f.Write(fd, f.base, 60000), -abi.EAGAIN)
	if got := f.polled(t, ep); got[far] != abi.EpollIn || got[fd] != 0 {
		t.Errorf("told %#x, want a datagram", got)
	}
	want(t, "the driver's read", f.Read(far, f.base, 65536), datagramHeader+60000)
	if port, _ := f.Space.Load32(f.base + 4); port != 53 {
		t.Errorf("it is for port %d", port)
	}
	if got := f.polled(t, ep); got[fd] != abi.EpollOut {
		t.Errorf("told %#x, want room", got)
	}
	var h [datagramHeader]byte
	mem.Store16(h[4:], 53)
	mine := outside(53)
	copy(h[8:], mine.ip[:])
	f.Space.CopyOut(f.base, h[:])
	want(t, "the driver's write", f.Write(far, f.base, datagramHeader+5), datagramHeader+5)
	want(t, "read", f.Read(fd, f.base+page, 100), 5)
	mem.Store16(h[4:], 54)
	f.Space.CopyOut(f.base, h[:])
	want(t, "of another", f.Write(far, f.base, datagramHeader+5), datagramHeader+5)
	want(t, "read", f.Read(fd, f.base+page, 100), -abi.EAGAIN)
	want(t, "a short write", f.Write(far, f.base, 5), -abi.EINVAL)
	want(t, "bad memory", f.Write(far, 8, 50), -abi.EFAULT)
	want(t, "an error", f.done(d, r.number, abi.ECONNREFUSED), RecordBytes)
	want(t, "read", f.Read(fd, f.base, 100), -abi.ECONNREFUSED)
	want(t, "write", f.Write(fd, f.base, 100), 100)
	f.Close(fd)
	if got := f.polled(t, ep); got[far]&abi.EpollHup == 0 {
		t.Errorf("told %#x, want the end", got)
	}
	want(t, "write to nobody", f.Write(far, f.base, 50), -abi.EPIPE)
	want(t, "the last", f.Read(far, f.base, 65536), datagramHeader+100)
	want(t, "the end", f.Read(far, f.base, 65536), 0)
	f.Close(far)
	want(t, "no request", f.Read(d, f.base, RecordBytes), -abi.EAGAIN)
	f.closeAll(t)
}

// TestDatagramsUnconnected: a socket that sends, or has a port, is given its other end.
func TestDatagramsUnconnected(t *testing.T) {
	f := newTable(t)
	d := f.driver(t)
	fd := f.udp(t, abi.FamilyIPv4)
	at, n := f.inet(192, 0, 2, 1, 53)
	to := Peer{at, n}
	want(t, "send", f.Send(fd, at, n, to, 0), -abi.EAGAIN)
	r := f.request(t, d, WantDatagrams)
	want(t, "connect meanwhile", f.Connect(fd, at, n), -abi.EALREADY)
	want(t, "failed", f.done(d, r.number, abi.EADDRINUSE), RecordBytes)
	want(t, "send", f.Send(fd, at, n, to, 0), -abi.EADDRINUSE)
	want(t, "send", f.Send(fd, at, n, to, 0), -abi.EAGAIN)
	r = f.request(t, d, WantDatagrams)
	far := f.udp(t, abi.FamilyIPv4)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, r.local, address{}), RecordBytes)
	want(t, "join again", f.answer(d, AnswerJoin, f.udp(t, 2), r.number, 0, r.local, address{}),
		-abi.EINVAL)
	want(t, "send", f.Send(fd, at, n, to, 0), int64(n))
	want(t, "connect", f.Connect(fd, at, n), 0)
	bound := f.udp(t, abi.FamilyIPv4)
	at, n = f.inet(0, 0, 0, 0, 53)
	want(t, "bind", f.Bind(bound, at, n), Asking)
	r = f.request(t, d, WantDatagrams)
	want(t, "failed", f.done(d, r.number, abi.EADDRINUSE), RecordBytes)
	want(t, "bind", f.Bind(bound, at, n), -abi.EADDRINUSE)
	want(t, "bind", f.Bind(bound, at, n), Asking)
	local := f.udp(t, abi.FamilyIPv4)
	at, n = f.inet(127, 0, 0, 1, 55)
	want(t, "bind", f.Bind(local, at, n), 0)
	at, n = f.inet(192, 0, 2, 1, 53)
	want(t, "from a loopback address", f.Send(local, at, n, Peer{at, n}, 0), -abi.EINVAL)
	want(t, "from a loopback address", f.Connect(local, at, n), -abi.EINVAL)
	f.Close(d)
	want(t, "bind", f.Bind(bound, at, n), -abi.ENETDOWN)
	f.closeAll(t)
}

// TestMessages: sendmsg and recvmsg.
func TestMessages(t *testing.T) {
	f := newTable(t)
	a, b := f.udp(t, abi.FamilyIPv4), f.udp(t, abi.FamilyIPv4)
	at, n := f.inet(127, 0, 0, 1, 53)
	want(t, "bind", f.Bind(a, at, n), 0)
	message, pieces := f.base+30*page, f.base+31*page
	f.Space.Store64(message, at)
	f.Space.Store32(message+messageLength, uint32(n))
	f.Space.Store64(message+16, pieces)
	f.Space.Store64(message+24, 2)
	f.Space.Store64(pieces, f.base)
	f.Space.Store64(pieces+8, 0)
	f.Space.Store64(pieces+16, f.base)
	f.Space.Store64(pieces+24, 9)
	want(t, "send", f.SendMessage(b, message, 0), 9)
	f.Space.Store64(pieces+24, 4)
	want(t, "receive", f.ReceiveMessage(a, message, 0), 4)
	if flags, _ := f.Space.Load32(message + messageFlags); flags != abi.MessageTruncated {
		t.Errorf("flags %#x", flags)
	}
	want(t, "nothing more", f.ReceiveMessage(a, message, 0), -abi.EAGAIN)
	at, n = f.inet(127, 0, 0, 1, 53) // where the sender has been told
	f.Space.Store64(message+64, 0)   // the second message: to nowhere
	f.Space.Store64(message+64+24, 0)
	want(t, "send several", f.Messages(b, message, 2, 0, true), 1)
	if n, _ := f.Space.Load32(message + messageBytes); n != 4 {
		t.Errorf("the first message had %d bytes", n)
	}
	f.SendMessage(b, message, 0)
	f.Space.Store64(message+64, at)
	f.Space.Store32(message+64+messageLength, uint32(n))
	want(t, "receive several", f.Messages(a, message, 3, 0, false), 2)
	want(t, "receive several of none", f.Messages(a, message, 3, 0, false), -abi.EAGAIN)
	want(t, "receive none", f.Messages(a, message, 0, 0, false), 0)
	want(t, "UDP_SEGMENT", f.Option(a, abi.ProtocolUDP, 103, f.base, 4), -abi.ENOPROTOOPT)
	want(t, "UDP_SEGMENT", f.OptionOf(a, abi.ProtocolUDP, 103, f.base, f.base), -abi.ENOPROTOOPT)
	want(t, "unknown flags", f.ReceiveMessage(a, message, 2), -abi.EOPNOTSUPP)
	want(t, "unknown flags", f.SendMessage(b, message, 1), -abi.EOPNOTSUPP)
	f.Space.Store64(pieces+8, 3)
	want(t, "two pieces", f.SendMessage(b, message, 0), -abi.EMSGSIZE)
	f.Space.Store64(message+24, piecesMax+1)
	want(t, "too many pieces", f.SendMessage(b, message, 0), -abi.EMSGSIZE)
	f.Space.Store64(message+24, 1)
	f.Space.Store64(message+16, 8)
	want(t, "bad pieces", f.ReceiveMessage(b, message, 0), -abi.EFAULT)
	want(t, "bad memory", f.SendMessage(b, 8, 0), -abi.EFAULT)
	want(t, "no socket", f.SendMessage(1, message, 0), -abi.ENOTSOCK)
	want(t, "no socket", f.Send(1, message, 1, Peer{}, 0), -abi.ENOTSOCK)
	want(t, "no socket", f.Receive(1, message, 1, Peer{}, 0), -abi.ENOTSOCK)
}
