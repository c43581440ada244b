package assess

import (
	"cmp"
	"slices"
)

// The second half of bzip2: the column of a sorted block becomes positions in a list that moves
// what was used to the front, runs of zeros become numbers, and those are written in up to six
// Huffman codes, of which every 50 symbols choose the cheapest.
const (
	codeGroup     = 50 // symbols that share the choice of a code
	codeRounds    = 4  // of choosing and improving codes
	codeLengthMax = 17 // bits; the format allows 20
	codeFar       = 15 // the length that a code begins with for symbols that are not its own
)

// writeColumn writes a block's column: which bytes occur, the codes, and the symbols.
func writeColumn(w *bitWriter, column []byte) {
	var used [256]bool
	for _, c := range column {
		used[c] = true
	}
	writeUsed(w, &used)
	symbols, kinds := frontPositions(column, &used)
	counts := make([]int, kinds)
	for _, s := range symbols {
		counts[s]++
	}
	codes, choices := chooseCodes(symbols, counts)
	w.write(uint64(len(codes)), 3)
	w.write(uint64(len(choices)), 15)
	writeChoices(w, choices)
	for _, lengths := range codes {
		writeLengths(w, lengths)
	}
	words := make([][]uint32, len(codes))
	for i, lengths := range codes {
		words[i] = codeWords(lengths)
	}
	for i, s := range symbols {
		choice := choices[i/codeGroup]
		w.write(uint64(words[choice][s]), int(codes[choice][s]))
	}
}

// writeUsed writes which bytes occur, in two levels of sixteen.
func writeUsed(w *bitWriter, used *[256]bool) {
	var rows [16]uint64
	var all uint64
	for v, u := range used {
		if u {
			rows[v/16] |= 1 << (15 - v%16)
			all |= 1 << (15 - v/16)
		}
	}
	w.write(all, 16)
	for _, row := range rows {
		if row != 0 {
			w.write(row, 16)
		}
	}
}

// frontPositions turns bytes into symbols, and returns how many kinds there are.
func frontPositions(column []byte, used *[256]bool) (symbols []uint16, kinds int) {
	var list []byte
	for v, u := range used {
		if u {
			list = append(list, byte(v))
		}
	}
	kinds = len(list) + 2
	zeros := 0
	endRun := func() {
		for ; zeros > 0; zeros = (zeros - 1) / 2 {
			symbols = append(symbols, uint16((zeros+1)%2)) // in bijective base two: 0 is 1, 1 is 2
		}
	}
	for _, c := range column {
		at := slices.Index(list, c)
		if at == 0 {
			zeros++
			continue
		}
		endRun()
		symbols = append(symbols, uint16(at+1))
		copy(list[1:at+1], list[:at])
		list[0] = c
	}
	endRun()
	return append(symbols, uint16(kinds-1)), kinds
}

// chooseCodes returns the lengths of the codes, and the choice of each group of symbols.
func chooseCodes(symbols []uint16, counts []int) (codes [][]uint8, choices []uint8) {
	codes = firstCodes(len(symbols), counts)
	choices = make([]uint8, (len(symbols)+codeGroup-1)/codeGroup)
	for range codeRounds {
		uses := make([][]int, len(codes))
		for i := range uses {
			uses[i] = make([]int, len(counts))
		}
		for g := range choices {
			group := symbols[g*codeGroup : min(len(symbols), (g+1)*codeGroup)]
			least := 1 << 30
			for i, lengths := range codes {
				cost := 0
				for _, s := range group {
					cost += int(lengths[s])
				}
				if cost < least {
					least, choices[g] = cost, uint8(i)
				}
			}
			for _, s := range group {
				uses[choices[g]][s]++
			}
		}
		for i := range codes {
			codes[i] = codeLengths(uses[i])
		}
	}
	return codes, choices
}

// firstCodes returns rough codes to begin with: each is good for a range of symbols, and the
// ranges are used about equally. More symbols are worth more codes.
func firstCodes(total int, counts []int) [][]uint8 {
	number := 6
	for i, limit := range []int{200, 600, 1200, 2400} {
		if total < limit {
			number = i + 2
			break
		}
	}
	codes := make([][]uint8, number)
	at, left := 0, total
	for i := range codes {
		lengths := slices.Repeat([]uint8{codeFar}, len(counts))
		share := left / (number - i)
		for sum := 0; at < len(counts) && (sum < share || i == number-1); at++ {
			lengths[at] = 0
			sum += counts[at]
			left -= counts[at]
		}
		codes[i] = lengths
	}
	return codes
}

// codeLengths returns the lengths of a Huffman code for symbols with those counts. Every symbol
// gets one, and if some would be too long, rare symbols are made to look less rare.
func codeLengths(counts []int) []uint8 {
	weights := make([]int, len(counts))
	for i, c := range counts {
		weights[i] = max(c, 1)
	}
	for {
		lengths := huffman(weights)
		if slices.Max(lengths) <= codeLengthMax {
			return lengths
		}
		for i, w := range weights {
			weights[i] = w/2 + 1
		}
	}
}

// huffman returns the lengths of an optimal code: the two lightest nodes are joined until one is
// left. Leaves are sorted and joined nodes come in order, so that two queues are enough.
func huffman(weights []int) []uint8 {
	n := len(weights)
	leaves := make([]int, n)
	for i := range leaves {
		leaves[i] = i
	}
	slices.SortStableFunc(leaves, func(a, b int) int { return cmp.Compare(weights[a], weights[b]) })
	parent := make([]int, 2*n-1)
	weight := append(slices.Clone(weights), make([]int, n-1)...)
	joined := n // the first joined node that has no parent yet
	for next := n; next < 2*n-1; next++ {
		for range 2 {
			var lightest int
			if len(leaves) > 0 && (joined == next || weight[leaves[0]] <= weight[joined]) {
				lightest, leaves = leaves[0], leaves[1:]
			} else {
				lightest = joined
				joined++
			}
			parent[lightest] = next
			weight[next] += weight[lightest]
		}
	}
	lengths := make([]uint8, 2*n-1)
	for i := 2*n - 3; i >= 0; i-- {
		lengths[i] = lengths[parent[i]] + 1
	}
	return lengths[:n]
}

// codeWords returns the words of the canonical code with those lengths.
func codeWords(lengths []uint8) []uint32 {
	words := make([]uint32, len(lengths))
	word := uint32(0)
	for length := uint8(1); length <= codeLengthMax; length++ {
		for s, l := range lengths {
			if l == length {
				words[s] = word
				word++
			}
		}
		word <<= 1
	}
	return words
}

// writeChoices writes the choices as positions in a list that moves to the front, in unary.
func writeChoices(w *bitWriter, choices []uint8) {
	list := []uint8{0, 1, 2, 3, 4, 5}
	for _, c := range choices {
		at := slices.Index(list, c)
		w.write(1<<(at+1)-2, at+1)
		copy(list[1:at+1], list[:at])
		list[0] = c
	}
}

// writeLengths writes the lengths of a code as steps: 10 is one more, 11 one less, 0 stop.
func writeLengths(w *bitWriter, lengths []uint8) {
	now := lengths[0]
	w.write(uint64(now), 5)
	for _, l := range lengths {
		for ; now < l; now++ {
			w.write(0b10, 2)
		}
		for ; now > l; now-- {
			w.write(0b11, 2)
		}
		w.write(0, 1)
	}
}
