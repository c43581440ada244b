package ip

import (
	"encoding/binary"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// fits reports whether the whole packet is one that its length field can tell. Each fragment was
// short enough, but the first one's headers may be longer than those of the others.
func (d *datagram) fits() bool {
	if d.header.Data[0]>>4 == 6 {
		return len(d.header.Data)-wire.IPv6Size-wire.IPv6FragmentSize+d.total <= wire.IPv6PayloadMax
	}
	return len(d.header.Data)+d.total <= wire.IPv4PacketMax
}

// join returns the whole packet.
func (d *datagram) join() *vnet.Frame {
	f := beginWhole(d.header.Data, d.nextAt, d.next, d.total)
	for i := range d.pieces {
		f.Data = append(f.Data, d.pieces[i].frame.Data...)
	}
	endWhole(f.Data)
	return f
}

// beginWhole returns a frame that holds the headers of a whole packet and has room for its data.
// header is what the first fragment has before its data; see fragment.
func beginWhole(header []byte, nextAt int, next wire.Protocol, size int) *vnet.Frame {
	if header[0]>>4 == 6 {
		// RFC 8200 §4.5: the fragment header goes, the one before it names what follows.
		header = header[:len(header)-wire.IPv6FragmentSize]
		f := vnet.NewFrame(len(header) + size)
		f.Data = append(f.Data, header...)
		f.Data[nextAt] = byte(next)
		return f
	}
	f := vnet.NewFrame(len(header) + size)
	f.Data = append(f.Data, header...)
	binary.BigEndian.PutUint16(f.Data[6:], 0) // flags and offset
	return f
}

// endWhole writes the length, and for IPv4 the checksum, of a whole packet.
func endWhole(packet []byte) {
	if packet[0]>>4 == 6 {
		binary.BigEndian.PutUint16(packet[4:], uint16(len(packet)-wire.IPv6Size))
		return
	}
	header := packet[:4*int(packet[0]&15)]
	binary.BigEndian.PutUint16(header[2:], uint16(len(packet)))
	binary.BigEndian.PutUint16(header[10:], 0)
	binary.BigEndian.PutUint16(header[10:], ^wire.Checksum(header, 0))
}
