package wire

import "strconv"

// Describe returns a whole Ethernet frame as one line:
//
//	10.0.0.1.4000 > 10.0.0.2.80: S 100:100(0) win 65535 <mss 1460>
//	arp who-has 10.0.0.2 tell 10.0.0.1
//	10.0.0.1 > 10.0.0.2: icmp echo id 7 seq 1 (56)
//	malformed: tcp: truncated
//
// It does not judge the checksums of TCP, UDP and ICMPv6, which an unfinished frame lacks: see
// [VerifyFrame].
func Describe(frame []byte) string {
	e, packet, err := ParseEthernet(frame)
	if err != nil {
		return malformed(err)
	}
	switch e.Type {
	case TypeARP:
		h, err := ParseARP(packet)
		if err != nil {
			return malformed(err)
		}
		return "arp " + h.String()
	case TypeIPv4:
		return describeIPv4(packet)
	case TypeIPv6:
		return describeIPv6(packet)
	}
	return e.Src.String() + " > " + e.Dst.String() + ": type 0x" +
		strconv.FormatUint(uint64(e.Type), 16) + describeLength(packet)
}

func malformed(err error) string {
	e, ok := err.(Error)
	if !ok {
		panic("wire: BUG: a parser returned another error")
	}
	return "malformed: " + e.text()
}

func describeIPv4(packet []byte) string {
	h, payload, err := ParseIPv4(packet)
	if err != nil {
		return malformed(err)
	}
	src, dst := h.Src.String(), h.Dst.String()
	if h.MoreFragments || h.FragmentOffset != 0 {
		return src + " > " + dst + ": " +
			describeFragment(h.Protocol, uint32(h.ID), h.FragmentOffset, h.MoreFragments, payload)
	}
	return describeTransport(src, dst, h.Protocol, payload)
}

func describeIPv6(packet []byte) string {
	h, payload, err := ParseIPv6(packet)
	if err != nil {
		return malformed(err)
	}
	x, rest, err := WalkExtensions(h.Next, payload)
	if err != nil {
		return malformed(err)
	}
	src, dst := h.Src.String(), h.Dst.String()
	switch {
	case x.Action != OptionSkip:
		return src + " > " + dst + ": unacceptable " + problemName(x.Code) +
			" at " + itoa(x.Pointer) + describeLength(payload)
	case x.Last == ProtoFragment:
		f := x.Fragment
		return src + " > " + dst + ": " + describeFragment(f.Next, f.ID, f.Offset, f.More, rest)
	}
	return describeTransport(src, dst, x.Last, rest)
}

// describeFragment returns "udp fragment id 7 0:1480+": bytes from, to, and + if more follow.
func describeFragment(p Protocol, id uint32, offset int, more bool, data []byte) string {
	s := p.String() + " fragment id " + strconv.FormatUint(uint64(id), 10) + " " +
		itoa(offset) + ":" + itoa(offset+len(data))
	if more {
		s += "+"
	}
	return s
}

func describeTransport(src, dst string, p Protocol, b []byte) string {
	switch p {
	case ProtoTCP:
		var h TCP
		payload, err := ParseTCP(b, &h)
		if err != nil {
			return malformed(err)
		}
		return describePorts(src, dst, h.SrcPort, h.DstPort) + h.Describe(len(payload))
	case ProtoUDP:
		h, payload, err := ParseUDP(b)
		if err != nil {
			return malformed(err)
		}
		return describePorts(src, dst, h.SrcPort, h.DstPort) + "udp" + describeLength(payload)
	case ProtoICMP:
		m, err := ParseICMPv4(b)
		if err != nil {
			return malformed(err)
		}
		return src + " > " + dst + ": icmp " + m.String()
	case ProtoICMPv6:
		text, err := describeICMPv6(b)
		if err != nil {
			return malformed(err)
		}
		return src + " > " + dst + ": icmp6 " + text
	}
	return src + " > " + dst + ": " + p.String() + describeLength(b)
}

func describePorts(src, dst string, srcPort, dstPort uint16) string {
	return src + "." + itoa(int(srcPort)) + " > " + dst + "." + itoa(int(dstPort)) + ": "
}

func describeICMPv6(b []byte) (string, error) {
	m, err := ParseICMPv6(b)
	if err != nil {
		return "", err
	}
	switch m.Type {
	case ICMPv6RouterSolicitation:
		m, err := ParseRouterSolicitation(b)
		return m.String(), err
	case ICMPv6RouterAdvertisement:
		m, err := ParseRouterAdvertisement(b)
		return m.String(), err
	case ICMPv6NeighborSolicitation:
		m, err := ParseNeighborSolicitation(b)
		return m.String(), err
	case ICMPv6NeighborAdvertisement:
		m, err := ParseNeighborAdvertisement(b)
		return m.String(), err
	case ICMPv6Redirect:
		m, err := ParseRedirect(b)
		return m.String(), err
	}
	return m.String(), nil
}
