package assess

// commonWindows are the lengths of the windows, in samples, that the MultiMCW predictor looks back
// over (§6.3.7).
var commonWindows = [4]int{63, 255, 1023, 4095}

// commonWindow predicts the most common value of the last size samples.
type commonWindow struct {
	size     int
	counts   [256]int32
	seen     [256]int32 // where each value was seen last
	frequent byte
	score    int
}

// slide takes sample i of s into the window, and lets the oldest go. Of values that are as common,
// the one seen last is predicted.
func (w *commonWindow) slide(s []byte, i, distinct int) {
	in := s[i]
	w.counts[in]++
	w.seen[in] = int32(i)
	if i >= w.size {
		out := s[i-w.size]
		w.counts[out]--
		if out == w.frequent && out != in {
			for v := range distinct {
				w.challenge(byte(v))
			}
		}
	}
	w.challenge(in)
}

// challenge predicts v from now on if it is more common, or as common and seen later.
func (w *commonWindow) challenge(v byte) {
	mine, its := w.counts[w.frequent], w.counts[v]
	if its > mine || its == mine && w.seen[v] >= w.seen[w.frequent] {
		w.frequent = v
	}
}

// multiMCW is the multi most common in window prediction estimate (§6.3.7): four windows compete,
// and the one that was right most often so far makes the guess. It needs more samples than the
// longest window has.
func multiMCW(s []byte, distinct int, sizes [4]int) (float64, bool) {
	if len(s) <= sizes[3] {
		return 0, false
	}
	var windows [4]commonWindow
	for j := range windows {
		windows[j].size = sizes[j]
	}
	correct, winner := 0, 0
	var runs longest
	for i, v := range s {
		if i >= sizes[0] {
			right := windows[winner].frequent == v
			if right {
				correct++
			}
			runs.add(right)
			for j := range windows {
				w := &windows[j]
				if i >= w.size && w.frequent == v {
					w.score++
					if w.score >= windows[winner].score {
						winner = j
					}
				}
			}
		}
		for j := range windows {
			windows[j].slide(s, i, distinct)
		}
	}
	return predicted(correct, len(s)-sizes[0], runs.most, distinct), true
}

// multiMCWBits is [multiMCW] over a bitstring. The most common value of a window is that of the
// greater half, and of two equal halves that of the last bit.
func multiMCWBits(s []byte) (float64, bool) {
	sizes := commonWindows
	if len(s) <= sizes[3] {
		return 0, false
	}
	var ones, rights [4]int
	var frequent [4]byte
	correct, winner := 0, 0
	var runs longest
	for i, v := range s {
		if i >= sizes[0] {
			right := frequent[winner] == v
			if right {
				correct++
			}
			runs.add(right)
		}
		for j, size := range sizes {
			ones[j] += int(v)
			held := i + 1
			if i >= size {
				held = size
				ones[j] -= int(s[i-size])
				rights[j] += int(1 ^ frequent[j] ^ v)
				if rights[j] >= rights[winner] && frequent[j] == v {
					winner = j
				}
			}
			switch twice := 2 * ones[j]; {
			case twice > held:
				frequent[j] = 1
			case twice < held:
				frequent[j] = 0
			default:
				frequent[j] = v
			}
		}
	}
	return predicted(correct, len(s)-sizes[0], runs.most, 2), true
}
