package wire

import (
	"net/netip"
	"testing"
)

var (
	benchSrc = netip.MustParseAddr("10.0.0.1")
	benchDst = netip.MustParseAddr("10.0.0.2")
)

// dataFrame returns an ordinary segment of a bulk transfer: timestamps and 1448 bytes.
func dataFrame() []byte {
	e := Ethernet{Dst: MAC{2, 0, 0, 0, 0, 2}, Src: MAC{2, 0, 0, 0, 0, 1}, Type: TypeIPv4}
	ip := IPv4{TTL: 64, Protocol: ProtoTCP, Src: benchSrc, Dst: benchDst, DontFragment: true}
	tcp := TCP{SrcPort: 4000, DstPort: 80, Seq: 1, Ack: 1, Flags: ACK, Window: 65535,
		HasTimestamps: true, TSVal: 7, TSEcr: 9}
	payload := make([]byte, 1448)
	b := e.Append(nil)
	b = ip.Append(b, tcp.Size()+len(payload))
	b = append(tcp.Append(b), payload...)
	FinishChecksum(b)
	return b
}

func BenchmarkParseFrame(b *testing.B) {
	frame := dataFrame()
	var h TCP
	b.ReportAllocs()
	for b.Loop() {
		_, packet, err := ParseEthernet(frame)
		if err != nil {
			b.Fatal(err)
		}
		_, segment, err := ParseIPv4(packet)
		if err != nil {
			b.Fatal(err)
		}
		if _, err = ParseTCP(segment, &h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseIPv4(b *testing.B) {
	packet := dataFrame()[EthernetSize:]
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseIPv4(packet); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseTCP(b *testing.B) {
	segment := dataFrame()[EthernetSize+IPv4Size:]
	var h TCP
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseTCP(segment, &h); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendTCP(b *testing.B) {
	var h TCP
	if _, err := ParseTCP(dataFrame()[EthernetSize+IPv4Size:], &h); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = h.Append(buf[:0])
	}
}

func BenchmarkAppendIPv4(b *testing.B) {
	h := IPv4{TTL: 64, Protocol: ProtoTCP, Src: benchSrc, Dst: benchDst}
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		buf = h.Append(buf[:0], 1460)
	}
}

func BenchmarkChecksum(b *testing.B) {
	for _, size := range []int{20, 64, 1460, 65000} {
		data := make([]byte, size)
		for i := range data {
			data[i] = byte(i * 7)
		}
		b.Run(itoa(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				Checksum(data, 0)
			}
		})
	}
}

func BenchmarkVerifyChecksum(b *testing.B) {
	segment := dataFrame()[EthernetSize+IPv4Size:]
	b.SetBytes(int64(len(segment)))
	for b.Loop() {
		if !VerifyChecksum(ProtoTCP, benchSrc, benchDst, segment) {
			b.Fatal("a right checksum was refused")
		}
	}
}
