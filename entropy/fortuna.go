package entropy

import (
	"crypto/sha256"
	"hash"
	"time"
)

// Fortuna's constants (Ferguson, Schneier and Kohno, Cryptography Engineering, §9.5).
const (
	fortunaPools = 32
	// fortunaBytesMin is what pool 0 must hold before a reseed of ambient events alone.
	fortunaBytesMin = 64
	// fortunaInterval is the least time between such reseeds. The book has 100 ms: with a second,
	// pool 31 drains every 68 years, and nobody waits for that one.
	fortunaInterval = time.Second
	// drainsMax is how many drains the log keeps.
	drainsMax = 64
)

// fortuna collects ambient events, whose worth nobody knows. Each source's events go round all
// pools; reseed r drains the pools i with 2^i | r. Whatever the rate at which unknown events come,
// some pool gathers enough of them between two drains, if only at long last, even when an attacker
// knows all the others and asks for output at every instant.
type fortuna struct {
	pools  [fortunaPools]hash.Hash
	bytes  [fortunaPools]int
	events [fortunaPools]uint64
	turn   map[int]uint8 // per source, the pool of its next event
	number uint64        // of reseeds that drained
	last   time.Time
	log    []Drain
	head   [3]byte
}

func newFortuna() *fortuna {
	f := &fortuna{turn: map[int]uint8{}}
	for i := range f.pools {
		f.pools[i] = sha256.New()
	}
	return f
}

// fortunaDataMax is the longest data of one event; longer data is several.
const fortunaDataMax = 32

// add puts what a source delivered into its next pool: source, length, data.
func (f *fortuna) add(source int, data []byte) {
	for len(data) > 0 {
		part := data[:min(len(data), fortunaDataMax)]
		data = data[len(part):]
		i := f.turn[source]
		f.turn[source] = (i + 1) % fortunaPools
		f.head = [3]byte{byte(source), byte(source >> 8), byte(len(part))}
		f.pools[i].Write(f.head[:])
		f.pools[i].Write(part)
		f.bytes[i] += len(part)
		f.events[i]++
	}
}

// due tells whether ambient events alone are worth a reseed.
func (f *fortuna) due(now time.Time) bool {
	return f.bytes[0] >= fortunaBytesMin && now.Sub(f.last) >= fortunaInterval
}

// drain appends the digests of the pools whose turn it is to seed and notes which they were. A
// reseed without any ambient event drains nothing and does not count.
func (f *fortuna) drain(seed []byte, now time.Time, reseed uint64) []byte {
	if f.bytes[0] == 0 {
		return seed
	}
	f.number++
	f.last = now
	d := Drain{Reseed: reseed, Time: now}
	for i := range f.pools {
		if f.number%(1<<i) != 0 {
			break
		}
		seed = f.pools[i].Sum(seed)
		f.pools[i].Reset()
		d.Pools |= 1 << i
		d.Events += f.events[i]
		f.bytes[i], f.events[i] = 0, 0
	}
	if len(f.log) == drainsMax {
		f.log = append(f.log[:0], f.log[1:]...)
	}
	f.log = append(f.log, d)
	return seed
}
