package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// struct msghdr of Linux on amd64: an address and its length, pieces of 16 bytes each and how many
// they are, control data and its length, flags.
const (
	messageBytes   = 56
	messageLength  = 8
	messageControl = 40
	messageFlags   = 48
	piecesMax      = 1024
)

// Several messages are each a struct msghdr, and how many bytes it was, in 8 more bytes.
const (
	messagesBytes = 64
	MessagesMax   = 64 // of one call
)

// message is what a struct msghdr says: of its pieces the first that has a length.
type message struct {
	peer      Peer
	at, bytes uint64
}

// message reads a struct msghdr. Datagrams in several pieces are refused, those of package net have
// one; of a stream's the first is taken.
func (t *Table) message(fd, at uint64) (m message, errno int64) {
	var b [messageBytes]byte
	s, e := t.socketOf(fd)
	if e != 0 {
		return m, e
	}
	if !t.Space.CopyIn(b[:], at) {
		return m, -abi.EFAULT
	}
	m.peer = Peer{mem.Load64(b[0:]), uint64(mem.Load32(b[messageLength:]))}
	pieces, n := mem.Load64(b[16:]), mem.Load64(b[24:])
	if n > piecesMax {
		return m, -abi.EMSGSIZE
	}
	for i := range n {
		from, ok1 := t.Space.Load64(pieces + 16*i)
		length, ok2 := t.Space.Load64(pieces + 16*i + 8)
		switch {
		case !ok1 || !ok2:
			return m, -abi.EFAULT
		case length == 0:
		case m.bytes == 0:
			m.at, m.bytes = from, length
		case s.datagram:
			return m, -abi.EMSGSIZE
		}
	}
	return m, 0
}

// SendMessage is sendmsg(2), without control data.
func (t *Table) SendMessage(fd, at, flags uint64) int64 {
	m, e := t.message(fd, at)
	if e != 0 {
		return e
	}
	return t.Send(fd, m.at, m.bytes, m.peer, flags)
}

// ReceiveMessage is recvmsg(2), without control data.
func (t *Table) ReceiveMessage(fd, at, flags uint64) int64 {
	m, e := t.message(fd, at)
	if e != 0 {
		return e
	}
	m.peer.Length = at + messageLength
	const cmsgCloseExec = 0x40000000 // for descriptors in control data
	got, truncated := t.receive(fd, m.at, m.bytes, m.peer, flags&^cmsgCloseExec)
	if got < 0 {
		return got
	}
	told := uint32(0)
	if truncated {
		told = abi.MessageTruncated
	}
	if !t.Space.Store32(at+messageFlags, told) || !t.Space.Store64(at+messageControl, 0) {
		return -abi.EFAULT
	}
	return got
}

// Messages is sendmmsg(2), or recvmmsg(2) without a time limit: as many messages as can be moved
// without waiting. Its error is that of the first.
func (t *Table) Messages(fd, at, n, flags uint64, send bool) int64 {
	for i := range min(n, MessagesMax) {
		one := at + i*messagesBytes
		moved := int64(0)
		if send {
			moved = t.SendMessage(fd, one, flags)
		} else {
			moved = t.ReceiveMessage(fd, one, flags)
		}
		switch {
		case moved < 0 && i > 0:
			return int64(i)
		case moved < 0:
			return moved
		case !t.Space.Store32(one+messageBytes, uint32(moved)):
			return -abi.EFAULT
		}
	}
	return int64(min(n, MessagesMax))
}
