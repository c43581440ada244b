package assess

// blockSorter does the Burrows-Wheeler transform of blocks: it sorts all rotations of a block and
// takes the last byte of each.
type blockSorter struct {
	rotated, column []byte
	order           []int32
}

// sort returns the last bytes of the rotations in their order, and which rotation is the block
// itself. The bytes are valid until the next call.
//
// Beginning with its least rotation, a text has its suffixes in the order of its rotations, so that
// the order of suffixes is enough: the end of the text, which is less than any byte, then stands
// where the rotation would go on with the least string there is.
func (b *blockSorter) sort(block []byte) (column []byte, start int) {
	n := len(block)
	first := leastRotation(block)
	b.rotated = append(append(b.rotated[:0], block[first:]...), block[:first]...)
	if cap(b.order) < n {
		b.order = make([]int32, n)
	}
	b.order = b.order[:n]
	sortSuffixes(b.rotated, b.order, 256)
	b.column = b.column[:0]
	itself := int32((n - first) % n) // where the block begins in the rotated text
	for i, at := range b.order {
		if at == itself {
			start = i
		}
		b.column = append(b.column, b.rotated[(int(at)+n-1)%n])
	}
	return b.column, start
}

// leastRotation returns where the least rotation of s begins, the first of equals. It compares two
// candidates; where they differ, the greater one and all that begin within what was equal are out.
func leastRotation(s []byte) int {
	n, a, b, same := len(s), 0, 1, 0
	for a < n && b < n && same < n {
		x, y := s[(a+same)%n], s[(b+same)%n]
		switch {
		case x == y:
			same++
			continue
		case x > y:
			a += same + 1
		default:
			b += same + 1
		}
		if a == b {
			b++
		}
		same = 0
	}
	return min(a, b)
}
