package wire

import "encoding/binary"

// Segments is a super-segment on its way to be cut up: a TCP segment in an Ethernet frame whose
// payload is longer than one packet may carry.
//
//	s, err := wire.Split(frame, 1460)
//	for s.More() {
//		f := vnet.NewFrame(s.Size())
//		f.Data = s.Append(f.Data)
//	}
type Segments struct {
	transport
	frame   []byte
	payload int // offset of the first payload byte in frame
	next    int // offset of the next payload byte to go
	size    int // payload bytes in a segment
	count   uint16
	pseudo  uint16 // sum of the pseudo header without its length
}

// Split prepares to cut a frame into segments with at most size bytes of payload each. The frame
// keeps its content and must stay as it is meanwhile; its transport checksum is not looked at. A
// frame that is no whole TCP segment is an error; one that is short enough comes out as it went in,
// with its checksum.
func Split(frame []byte, size int) (Segments, error) {
	if size <= 0 {
		panic("wire: BUG: Split into segments without payload")
	}
	t, err := findTransport(frame)
	if err != nil {
		return Segments{}, err
	}
	if t.protocol != ProtoTCP || t.fragment {
		return Segments{}, fail(LayerTCP, BadType)
	}
	b := frame[t.start:t.end]
	if len(b) < TCPSize {
		return Segments{}, fail(LayerTCP, Truncated)
	}
	header := int(b[12]>>4) * 4
	if header < TCPSize {
		return Segments{}, fail(LayerTCP, BadLength)
	}
	if header > len(b) {
		return Segments{}, fail(LayerTCP, Truncated)
	}
	s := Segments{transport: t, frame: frame, payload: t.start + header, size: size}
	s.next = s.payload
	s.pseudo = PseudoHeader(t.src, t.dst, ProtoTCP, 0)
	return s, nil
}

// More reports whether there is another segment.
func (s *Segments) More() bool { return s.next < s.end || s.next == s.payload && s.count == 0 }

// Count returns how many segments there are in all.
func (s *Segments) Count() int { return max(1, (s.end-s.payload+s.size-1)/s.size) }

// Size returns the length of the next segment's frame in bytes.
func (s *Segments) Size() int { return s.payload + min(s.size, s.end-s.next) }

// Append writes the next segment's frame. Each has the headers of the whole with its own sequence
// number, lengths and checksums, and over IPv4 an ID one above the one before. PSH and FIN are on
// the last only, CWR on the first only, since it answers one mark (RFC 3168 §6.1.2).
func (s *Segments) Append(b []byte) []byte {
	n := min(s.size, s.end-s.next)
	start := len(b)
	b = append(b, s.frame[:s.payload]...)
	b = append(b, s.frame[s.next:s.next+n]...)
	out := b[start:]
	s.fixIP(out)

	tcp := out[s.start:]
	seq := binary.BigEndian.Uint32(tcp[4:8])
	binary.BigEndian.PutUint32(tcp[4:8], seq+uint32(s.next-s.payload))
	if s.next+n < s.end {
		tcp[13] &^= byte(FIN | PSH)
	}
	if s.count > 0 {
		tcp[13] &^= byte(CWR)
	}
	tcp[16], tcp[17] = 0, 0
	var length [2]byte
	binary.BigEndian.PutUint16(length[:], uint16(len(tcp)))
	sum := Checksum(tcp, Checksum(length[:], s.pseudo))
	binary.BigEndian.PutUint16(tcp[16:18], ^sum)
	s.next += n
	s.count++
	return b
}

// fixIP writes the lengths, and over IPv4 ID and header checksum, of a segment's frame.
func (s *Segments) fixIP(out []byte) {
	ip := out[EthernetSize:]
	if s.version == 6 {
		binary.BigEndian.PutUint16(ip[4:6], uint16(len(ip)-IPv6Size))
		return
	}
	binary.BigEndian.PutUint16(ip[2:4], uint16(len(ip)))
	id := binary.BigEndian.Uint16(ip[4:6])
	binary.BigEndian.PutUint16(ip[4:6], id+s.count)
	ip[10], ip[11] = 0, 0
	header := ip[:s.start-EthernetSize]
	binary.BigEndian.PutUint16(ip[10:12], ^Checksum(header, 0))
}
