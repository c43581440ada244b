package fault

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// PartitionMax bounds the addresses that one Partition names.
const PartitionMax = 10_000

// partition keeps its addresses sorted, for its String, and as sets.
type partition struct {
	words string
	macs  map[wire.MAC]struct{}
	addrs map[netip.Addr]struct{}
}

// Partition drops every frame that comes from one of these stations: by its Ethernet source
// address or, so that a router on the way makes no difference, by its IP source address.
//
// To cut a network in two, place it on each direction that ends at a host, with the addresses of
// all hosts on the other side. Broadcasts, open connections and answers end with it too. It panics
// with more than PartitionMax addresses.
func Partition(macs []wire.MAC, addrs []netip.Addr) Value {
	if len(macs)+len(addrs) > PartitionMax {
		panic("fault: Partition takes at most 10000 addresses")
	}
	p := &partition{macs: map[wire.MAC]struct{}{}, addrs: map[netip.Addr]struct{}{}}
	var words []string
	macs = slices.Clone(macs)
	slices.SortFunc(macs, func(a, b wire.MAC) int { return bytes.Compare(a[:], b[:]) })
	for _, m := range slices.Compact(macs) {
		p.macs[m] = struct{}{}
		words = append(words, m.String())
	}
	addrs = slices.Clone(addrs)
	slices.SortFunc(addrs, netip.Addr.Compare)
	for _, a := range slices.Compact(addrs) {
		p.addrs[a] = struct{}{}
		words = append(words, a.String())
	}
	p.words = strings.Join(words, ",")
	return p
}

func (p *partition) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, p) }

func (p *partition) String() string { return strings.TrimSpace("partition " + p.words) }

func (p *partition) Judge(_ clock.Instant, f *vnet.Frame, _ *vnet.Memory) (v vnet.Verdict) {
	b := f.Data
	if len(b) < wire.EthernetSize {
		return v
	}
	_, cut := p.macs[wire.MAC(b[6:12])]
	if !cut && len(p.addrs) > 0 {
		_, cut = p.addrs[source(b)]
	}
	if cut {
		v.Drop = vnet.Partitioned
	}
	return v
}

// source returns the IP source address of a frame; the zero Addr if it has none.
func source(frame []byte) netip.Addr {
	packet := frame[wire.EthernetSize:]
	switch wire.EtherType(binary.BigEndian.Uint16(frame[12:])) {
	case wire.TypeIPv4:
		if len(packet) >= 16 {
			return netip.AddrFrom4([4]byte(packet[12:16]))
		}
	case wire.TypeIPv6:
		if len(packet) >= 24 {
			return netip.AddrFrom16([16]byte(packet[8:24]))
		}
	}
	return netip.Addr{}
}

// parseMAC reads six bytes in hexadecimal with colons between them.
func parseMAC(s string) (m wire.MAC, ok bool) {
	if len(s) != 17 {
		return m, false
	}
	for i := range m {
		if _, err := hex.Decode(m[i:i+1], []byte(s[3*i:3*i+2])); err != nil {
			return m, false
		}
		if i > 0 && s[3*i-1] != ':' {
			return m, false
		}
	}
	return m, true
}
