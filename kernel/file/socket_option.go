package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Option is setsockopt(2). What has a meaning here is IPV6_V6ONLY and a linger of 0 seconds; who
// wants to join a group is refused; every other option may be set and changes nothing: the
// program's own stack has no delay of small segments, and keepalive as package net wants it.
func (t *Table) Option(fd, level, name, value, length uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	switch {
	case level == abi.ProtocolUDP: // of these something would follow, such as UDP_SEGMENT
		return -abi.ENOPROTOOPT
	case level == abi.ProtocolIP && (name == abi.OptionJoin || name == abi.OptionJoinSource),
		level == abi.ProtocolIPv6 && name == abi.OptionJoin6:
		return -abi.ENODEV
	case level == abi.ProtocolIPv6 && name == abi.OptionOnly:
		only, ok := t.Space.Load32(value)
		switch {
		case !ok:
			return -abi.EFAULT
		case !s.six || s.state != fresh || length < 4:
			return -abi.EINVAL
		}
		s.only = only != 0
	case level == abi.LevelSocket && name == abi.OptionLinger:
		var b [8]byte
		switch {
		case length < 8:
			return -abi.EINVAL
		case !t.Space.CopyIn(b[:], value):
			return -abi.EFAULT
		}
		s.abort = mem.Load32(b[0:]) != 0 && mem.Load32(b[4:]) == 0
	}
	return 0
}

// OptionOf is getsockopt(2): SO_ERROR, SO_TYPE and IPV6_V6ONLY; those of UDP are not there;
// every other option is 0.
func (t *Table) OptionOf(fd, level, name, value, lengthAt uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	if level == abi.ProtocolUDP {
		return -abi.ENOPROTOOPT
	}
	if !t.Space.Writable(value, 4) || !t.Space.Store32(lengthAt, 4) {
		return -abi.EFAULT
	}
	v := uint32(0)
	switch {
	case level == abi.LevelSocket && name == abi.OptionError:
		v = uint32(-s.take())
	case level == abi.LevelSocket && name == abi.OptionType:
		v = abi.SocketStream
		if s.datagram {
			v = abi.SocketDatagram
		}
	case level == abi.ProtocolIPv6 && name == abi.OptionOnly && s.only:
		v = 1
	}
	t.Space.Store32(value, v)
	return 0
}
