package assess

// suffixes returns the starts of all suffixes of s in the order of the suffixes, each a symbol
// below kinds. It takes time in proportion to the length: suffix sorting by induced copying
// (SA-IS; Nong, Zhang and Chan 2009, https://doi.org/10.1109/DCC.2009.42).
func suffixes(s []byte, kinds int) []int32 {
	order := make([]int32, len(s))
	sortSuffixes(s, order, kinds)
	return order
}

// A suffix is small if it is less than the next one, and large otherwise; the last is large. Small
// suffixes that follow a large one are the corners: if they are in order, one sweep from the left
// induces the order of the large suffixes, and one from the right that of the small ones. The
// corners are brought in order by sorting a string of their own, in which each stands for the
// piece of s up to the next corner.

// sortSuffixes fills order, which is as long as s.
func sortSuffixes[T byte | int32](s []T, order []int32, kinds int) {
	n := len(s)
	if n == 0 {
		return
	}
	ends := make([]int32, kinds) // of the buckets: places of suffixes that begin alike
	for _, c := range s {
		ends[c]++
	}
	for c := 1; c < kinds; c++ {
		ends[c] += ends[c-1]
	}
	places := make([]int32, kinds)
	corners := cornersOf(s)
	if len(corners) > 1 {
		// The first sweep has the corners in any order, and sorts the pieces.
		induce(s, order, corners, ends, places)
		corners = sortCorners(s, order, corners)
	}
	induce(s, order, corners, ends, places)
}

// cornersOf returns the starts of the corners, in the order of the text.
func cornersOf[T byte | int32](s []T) []int32 {
	count := 0
	eachCorner(s, func(int32) { count++ })
	corners := make([]int32, count)
	eachCorner(s, func(at int32) {
		count--
		corners[count] = at
	})
	return corners
}

// eachCorner calls f for every corner, the last in the text first.
func eachCorner[T byte | int32](s []T, f func(at int32)) {
	small := false
	for i := len(s) - 2; i >= 0; i-- {
		switch {
		case s[i] < s[i+1]:
			small = true
		case s[i] > s[i+1]:
			if small {
				f(int32(i + 1))
			}
			small = false
		}
	}
}

// induce fills order from corners that are in order: with the order of all suffixes if the corners
// are in the order of suffixes, and with an order in which equal pieces stand together if not.
func induce[T byte | int32](s []T, order, corners, ends, places []int32) {
	for i := range order {
		order[i] = -1
	}
	copy(places, ends)
	for i := len(corners) - 1; i >= 0; i-- { // corners go to the ends of their buckets
		at := corners[i]
		places[s[at]]--
		order[places[s[at]]] = at
	}
	// From the left: a large suffix goes to the front of its bucket once the next one is in place.
	copy(places[1:], ends)
	places[0] = 0
	last := int32(len(s) - 1)
	order[places[s[last]]] = last
	places[s[last]]++
	for i := range order {
		if at := order[i]; at > 0 && s[at-1] >= s[at] {
			c := s[at-1]
			order[places[c]] = at - 1
			places[c]++
		}
	}
	// From the right: a small suffix goes to the end of its bucket. Of two equal symbols the first
	// suffix is small if the second is, which is so if the sweep has filled its place already.
	copy(places, ends)
	for i := len(order) - 1; i >= 0; i-- {
		at := order[i]
		if at <= 0 {
			continue
		}
		c := s[at-1]
		if c < s[at] || c == s[at] && int(places[c]) <= i {
			places[c]--
			order[places[c]] = at - 1
		}
	}
}

// sortCorners returns the corners in the order of their suffixes. In order, the pieces are sorted.
func sortCorners[T byte | int32](s []T, order, corners []int32) []int32 {
	n, count := len(s), len(corners)
	// Two corners are never neighbours, so half of the position is enough to tell them apart.
	number := make([]int32, n/2+1) // of the corner at that place, in the order of the text
	for i := range number {
		number[i] = -1
	}
	for i, at := range corners {
		number[at/2] = int32(i)
	}
	sorted := order[:0] // is overwritten behind the place that is read
	for _, at := range order {
		if i := number[at/2]; i >= 0 && corners[i] == at {
			sorted = append(sorted, i)
		}
	}
	end := func(i int32) int32 { // of a piece, with the first symbol of the next
		if int(i)+1 < count {
			return corners[i+1] + 1
		}
		return int32(n)
	}
	names, name := make([]int32, count), int32(0)
	for k, i := range sorted {
		if k > 0 {
			before := sorted[k-1]
			a, b := s[corners[before]:end(before)], s[corners[i]:end(i)]
			// The last piece has the end of the text after it and equals no other.
			if int(i)+1 == count || int(before)+1 == count || !equal(a, b) {
				name++
			}
		}
		names[i] = name
	}
	byCorner := make([]int32, count)
	if int(name)+1 == count {
		copy(byCorner, sorted)
	} else {
		sortSuffixes(names, byCorner, int(name)+1)
	}
	for k, i := range byCorner {
		byCorner[k] = corners[i]
	}
	return byCorner
}

func equal[T byte | int32](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// shared turns the order of the suffixes of s into what neighbours in it share: the result's i-th
// value is the number of symbols with which the i-th suffix and the one before it begin alike, and
// 0 for the first. It overwrites order. (Kärkkäinen, Manzini and Puglisi 2009: in the order of the
// text the number falls by at most one a step, so nothing is compared twice.)
func shared(s []byte, order []int32) []int32 {
	n := len(s)
	before := make([]int32, n) // of each suffix, the one before it in order; then the number
	previous := int32(-1)
	for _, at := range order {
		before[at] = previous
		previous = at
	}
	length := 0
	for i := range before {
		j := int(before[i])
		if j < 0 {
			before[i], length = 0, 0
			continue
		}
		limit := n - max(i, j)
		a, b := s[i:i+limit], s[j:j+limit]
		for length < limit && a[length] == b[length] {
			length++
		}
		before[i] = int32(length)
		length = max(0, length-1)
	}
	for k, at := range order {
		order[k] = before[at]
	}
	return order
}
