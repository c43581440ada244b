package file

// NetsMax is how many network cards a machine has at most; they are /dev/net0 and so on.
const NetsMax = 4

const hexDigits = "0123456789abcdef"

// openNet opens a network card: one read is one Ethernet frame, one write sends one. Of the files
// beside it, .info is a line about the card, and .frames has several frames a read or write, each
// behind its length.
func (t *Table) openNet(path []byte, mode uint32, closeExec bool) (fd int64, ok bool) {
	const prefix = "/dev/net"
	if len(path) <= len(prefix) || !Equal(path[:len(prefix)], prefix) {
		return 0, false
	}
	index := int(path[len(prefix)]) - '0'
	if index < 0 || index >= NetsMax || !t.Nets[index].Present {
		return 0, false
	}
	o := Object{Kind: Net, Flags: mode, index: index}
	switch rest := path[len(prefix)+1:]; {
	case len(rest) == 0:
	case Equal(rest, ".info"):
		o.Kind = NetInfo
	case Equal(rest, ".frames"):
		o.Kind = NetFrames
	default:
		return 0, false
	}
	return t.open(o, closeExec), true
}

// Interrupt looks at the network cards whose interrupt came.
func (t *Table) Interrupt(line uint32) {
	for i := range t.Nets {
		if n := &t.Nets[i]; n.Present && n.Line() == line && n.Interrupt() {
			t.Changes++
		}
	}
}

// readInfo gives what the card's line has after what was read: its address and the longest packet.
func (t *Table) readInfo(o *Object, address, n uint64) int64 {
	var line [64]byte
	end := copy(line[:], "mac ")
	for i, b := range t.Nets[o.index].MAC {
		if i > 0 {
			line[end] = ':'
			end++
		}
		line[end], line[end+1] = hexDigits[b>>4], hexDigits[b&15]
		end += 2
	}
	end += copy(line[end:], " mtu 1500\n")
	rest := line[min(o.count, uint64(end)):end]
	rest = rest[:min(n, uint64(len(rest)))]
	if !t.Space.CopyOut(address, rest) {
		return moved(0)
	}
	o.count += uint64(len(rest))
	return int64(len(rest))
}
