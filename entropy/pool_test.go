package entropy

import (
	"bytes"
	"testing"
)

// extracted returns the seed of a new pool after what f does to it.
func extracted(f func(p *pool)) [seedBytes]byte {
	p := newPool()
	f(p)
	var seed [seedBytes]byte
	p.extract(&seed)
	return seed
}

func TestPoolTellsInputsApart(t *testing.T) {
	inputs := []func(p *pool){
		func(*pool) {},
		func(p *pool) { p.mix(0, []byte("ab")) },
		func(p *pool) { p.mix(1, []byte("ab")) },                       // another source
		func(p *pool) { p.mix(0, []byte("a")); p.mix(0, []byte("b")) }, // in two parts
		func(p *pool) { p.mix(0, []byte("ba")) },                       // another order
		func(p *pool) { p.mix(0, []byte("ab")); p.mix(0, nil) },
		func(p *pool) { var s [seedBytes]byte; p.extract(&s) }, // an empty pool before
	}
	seen := map[[seedBytes]byte]int{}
	for i, f := range inputs {
		seed := extracted(f)
		if j, ok := seen[seed]; ok {
			t.Errorf("inputs %d and %d give the same seed", j, i)
		}
		if seed != extracted(f) {
			t.Errorf("input %d gives two seeds", i)
		}
		seen[seed] = i
	}
}

func TestPoolBeginsAnewAfterASeed(t *testing.T) {
	p := newPool()
	p.mix(0, []byte("noise"))
	if p.bytes != 5 {
		t.Errorf("pool counts %d bytes, want 5", p.bytes)
	}
	var first, second [seedBytes]byte
	p.extract(&first)
	if p.bytes != 0 {
		t.Errorf("after a seed, the pool counts %d bytes", p.bytes)
	}
	p.mix(0, []byte("noise"))
	p.extract(&second)
	if first == second {
		t.Error("the same noise gave the same seed twice: the pool forgot all that was before")
	}
	if bytes.Equal(first[:], make([]byte, seedBytes)) {
		t.Error("seed is zero")
	}
}
