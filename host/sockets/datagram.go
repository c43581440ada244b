//go:build linux

package sockets

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"

	"github.com/atoll-os/atoll/host"
)

// datagramHeader is what the kernel has before each datagram: 4 bytes that count nothing here, the
// port, 2 bytes of nothing, the address.
const datagramHeader = 24

// datagramBytes is a header and the longest datagram.
const datagramBytes = datagramHeader + host.DatagramMax

var datagramBuffers = sync.Pool{New: func() any { b := make([]byte, datagramBytes); return &b }}

// datagrams opens the other end of a UDP socket of the program's.
func (d *Driver) datagrams(r request) {
	u, dialed, err := d.openUDP(r)
	var fd int
	if err == nil {
		if fd, err = socket(syscall.SOCK_DGRAM); err != nil {
			u.Close()
		}
	}
	if err != nil {
		_ = d.done(r.number, err) // or the program has closed it
		return
	}
	file, err := d.join(fd, r.number, u.LocalAddr(), u.RemoteAddr())
	if err != nil {
		syscall.Close(fd)
		u.Close()
		_ = d.done(r.number, err)
		return
	}
	go d.datagramsToProgram(u, file, r.number)
	go func() {
		d.datagramsFromProgram(u, file, r.number, dialed)
		u.Close()
		file.Close()
	}()
}

// openUDP has the host open a socket: for a socket without an address one that is connected.
func (d *Driver) openUDP(r request) (u *host.UDPConn, dialed bool, err error) {
	if r.local.Port() == 0 {
		c, err := d.host.Dial("udp", r.peer.String())
		if err != nil {
			return nil, false, err
		}
		return c.(*host.UDPConn), true, nil
	}
	c, err := d.host.ListenPacket(r.network("udp"), r.local.String())
	if err != nil {
		return nil, false, err
	}
	return c.(*host.UDPConn), false, nil
}

// datagramsToProgram gives the program what arrives; the kernel drops what there is no room for.
func (d *Driver) datagramsToProgram(u *host.UDPConn, file *os.File, number uint64) {
	buffer := datagramBuffers.Get().(*[]byte)
	defer datagramBuffers.Put(buffer)
	b := *buffer
	for {
		n, from, err := u.ReadFromUDPAddrPort(b[datagramHeader:])
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // an ICMP error
			_ = d.done(number, err)
			continue
		}
		ip := from.Addr().As16()
		binary.LittleEndian.PutUint16(b[4:], from.Port())
		copy(b[8:], ip[:])
		if _, err := file.Write(b[:datagramHeader+n]); err != nil {
			u.Close()
			return // the program has closed its socket
		}
	}
}

// datagramsFromProgram sends what the program sends, until its socket is closed.
func (d *Driver) datagramsFromProgram(u *host.UDPConn, file *os.File, number uint64, dialed bool) {
	raw, err := file.SyscallConn()
	if err != nil {
		return // closed
	}
	for {
		b, n, err := receive(raw, &datagramBuffers)
		if b == nil {
			return
		}
		if err != nil || n < datagramHeader {
			datagramBuffers.Put(b)
			return
		}
		if dialed {
			_, err = u.Write((*b)[datagramHeader:n])
		} else {
			_, err = u.WriteToUDPAddrPort((*b)[datagramHeader:n], parseDestination(*b))
		}
		datagramBuffers.Put(b)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			_ = d.done(number, err)
		}
	}
}
