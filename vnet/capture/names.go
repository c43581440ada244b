package capture

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"
)

// hostName is an address with a name for it.
type hostName struct {
	addr netip.Addr
	name string
}

// The block type and record types of a name resolution block, draft-ietf-opsawg-pcapng §4.5.
const (
	blockNameResolution = 4
	recordIPv4          = 1
	recordIPv6          = 2
)

// nameResolution returns the block that names the addresses, which pcapgo reads but does not write;
// nil for no names. The order in which they were given does not matter.
func nameResolution(names []hostName) []byte {
	if len(names) == 0 {
		return nil
	}
	names = slices.Clone(names)
	slices.SortFunc(names, func(a, b hostName) int {
		return cmp.Or(a.addr.Compare(b.addr), cmp.Compare(a.name, b.name))
	})
	b := make([]byte, 8) // type and length
	for _, n := range slices.Compact(names) {
		kind, addr := recordIPv4, n.addr.Unmap()
		if addr.Is6() {
			kind = recordIPv6
		}
		value := append(append(addr.AsSlice(), n.name...), 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(kind))
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
		b = append(b, value...)
		b = append(b, make([]byte, -len(value)&3)...) // padded to 32 bits
	}
	b = append(b, 0, 0, 0, 0) // end of records
	length := uint32(len(b) + 4)
	binary.LittleEndian.PutUint32(b, blockNameResolution)
	binary.LittleEndian.PutUint32(b[4:], length)
	return binary.LittleEndian.AppendUint32(b, length)
}
