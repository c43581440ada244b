package assess

import (
	"math/bits"
	"slices"
)

// Near-random data repeats only short strings, and then it is enough to sort the first 64 bits of
// every suffix: what neighbours share can be read from the keys, and no suffix array is needed.
// That is several times faster.

const (
	windowBits = 64
	sortedBits = 48 // that are sorted by digits; the few ties are sorted by comparing
	digitBits  = 8
	digitKinds = 1 << digitBits
	tiesPerMax = 16 // one key in so many; with more, data is not near random
)

// windows gives add the same values in the same order as [shared] would: what each suffix of s has
// in common with the one before it, in symbols. It returns false, without a call of add, if some
// string that fills a window of 64 bits is repeated. Symbols are below 1<<width.
func windows(s []byte, width int, add func(length int32)) bool {
	n, perWindow := len(s), windowBits/width
	if n < perWindow {
		return false
	}
	unused := windowBits - perWindow*width
	// The suffixes shorter than a window get zeros behind; as long as all keys differ, that leaves
	// each where its shortness puts it.
	keys := make([]uint64, n)
	var key uint64
	for i := n - 1; i >= 0; i-- {
		key = key>>width | uint64(s[i])<<(windowBits-width)
		key = key >> unused << unused
		keys[i] = key
	}
	short := slices.Clone(keys[n-perWindow+1:])
	keys = sortDigits(keys)
	if !sortTies(keys) {
		return false
	}
	ends := make([]int, 0, len(short)) // where the short ones stand
	lengths := make(map[int]int32, len(short))
	for i, k := range short {
		at, _ := slices.BinarySearch(keys, k)
		ends = append(ends, at)
		lengths[at] = int32(perWindow - 1 - i)
	}
	slices.Sort(ends)
	add(0)
	for i := 1; i < n; i++ {
		length := int32(bits.LeadingZeros64(keys[i]^keys[i-1]) / width)
		for len(ends) > 0 && ends[0] < i-1 {
			ends = ends[1:]
		}
		for _, at := range ends[:min(2, len(ends))] {
			if at == i || at == i-1 { // a suffix shares no more than it is long
				length = min(length, lengths[at])
			}
		}
		add(length)
	}
	return true
}

// sortDigits sorts keys by their first sortedBits, the least significant digit first. It returns
// keys or a slice as long.
func sortDigits(keys []uint64) []uint64 {
	const first, digits = windowBits - sortedBits, sortedBits / digitBits
	var counts [digits][digitKinds]int
	for _, k := range keys {
		for d := range counts {
			counts[d][byte(k>>(first+d*digitBits))]++
		}
	}
	other := make([]uint64, len(keys))
	for d := range counts {
		places, next := &counts[d], 0
		for v, c := range places {
			places[v] = next
			next += c
		}
		shift := first + d*digitBits
		for _, k := range keys {
			v := byte(k >> shift)
			other[places[v]] = k
			places[v]++
		}
		keys, other = other, keys
	}
	return keys
}

// sortTies finishes what [sortDigits] began. It returns false if keys are equal, or very many tie.
func sortTies(keys []uint64) bool {
	ties := 0
	for i := 1; i < len(keys); i++ {
		if (keys[i]^keys[i-1])>>(windowBits-sortedBits) == 0 {
			ties++
		}
	}
	if ties > len(keys)/tiesPerMax {
		return false
	}
	for i := 1; i < len(keys); {
		j := i
		for j < len(keys) && (keys[j]^keys[i-1])>>(windowBits-sortedBits) == 0 {
			j++
		}
		if j > i {
			slices.Sort(keys[i-1 : j])
		}
		for ; i < j; i++ {
			if keys[i] == keys[i-1] {
				return false
			}
		}
		i = j + 1
	}
	return true
}
