package buffer

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// pattern returns n bytes that tell their position.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// memory returns how many bytes of chunks q holds.
func (q *Queue) memory() int {
	n := 0
	for c := q.head; c != nil; c = c.next {
		n += len(c.buf)
	}
	return n
}

// lender is an owner of memory, who does something else with it once he has it back.
type lender struct {
	bytes []byte
	back  int // how often it came back
}

func (l *lender) Release() {
	l.back++
	clear(l.bytes)
}

// lent counts the pieces of q that belong to somebody else.
func (q *Queue) lent() (n int) {
	for c := q.head; c != nil; c = c.next {
		if c.owner != nil {
			n++
		}
	}
	return n
}

// outstanding counts the lenders whose memory is not back.
func outstanding(t *rapid.T, lenders []*lender) (n int) {
	for _, l := range lenders {
		switch {
		case l.back > 1:
			t.Fatalf("memory came back %d times", l.back)
		case l.back == 0:
			n++
		}
	}
	return n
}

func TestClass(t *testing.T) {
	for _, c := range []struct{ n, want int }{
		{0, 0}, {1, 0}, {512, 0}, {513, 1}, {1460, 2}, {32768, 6}, {32769, 7}, {65536, 7}, {1 << 24, 7},
	} {
		if got := class(c.n); got != c.want {
			t.Errorf("class(%d) = %d, want %d: the smallest that holds it", c.n, got, c.want)
		}
	}
}

// TestQueueModel compares two queues with plain slices under random calls.
//
//tidy:long a case for each method
func TestQueueModel(t *testing.T) {
	data := pattern(300 << 10)
	rapid.Check(t, func(t *rapid.T) {
		var q, other Queue
		var model, otherModel []byte
		var lenders []*lender
		size := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(0, 3000),
			rapid.IntRange(0, 200<<10))
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				p := data[rapid.IntRange(0, 1000).Draw(t, "at"):][:size.Draw(t, "n")]
				q.Append(p)
				model = append(model, p...)
			},
			"adopt": func(t *rapid.T) {
				p := data[rapid.IntRange(0, 1000).Draw(t, "at"):][:size.Draw(t, "n")]
				l := &lender{bytes: bytes.Clone(p)}
				lenders = append(lenders, l)
				q.Adopt(l.bytes, l)
				model = append(model, p...)
			},
			"read": func(t *rapid.T) {
				p := make([]byte, size.Draw(t, "n"))
				n := q.Read(p)
				if want := min(len(p), len(model)); n != want || !bytes.Equal(p[:n], model[:n]) {
					t.Fatalf("read %d bytes, want the first %d of the model", n, want)
				}
				model = model[n:]
			},
			"copy": func(t *rapid.T) {
				off := rapid.IntRange(0, len(model)).Draw(t, "off")
				p := make([]byte, size.Draw(t, "n"))
				n := q.CopyAt(p, off)
				want := model[off:min(len(model), off+len(p))]
				if !bytes.Equal(p[:n], want) {
					t.Fatalf("copied %d bytes at %d, want %d equal ones", n, off, len(want))
				}
			},
			"discard": func(t *rapid.T) {
				n := min(len(model), size.Draw(t, "n"))
				q.Discard(n)
				model = model[n:]
			},
			"move": func(t *rapid.T) {
				q.MoveTo(&other)
				otherModel = append(otherModel, model...)
				model = nil
				if rapid.Bool().Draw(t, "swap") {
					q, other = other, q
					model, otherModel = otherModel, model
				}
			},
			"release": func(t *rapid.T) {
				if rapid.IntRange(0, 20).Draw(t, "rarely") == 0 {
					q.Release()
					model = nil
				}
			},
			"": func(t *rapid.T) {
				if q.Len() != len(model) || !bytes.HasPrefix(model, q.Front()) {
					t.Fatalf("len %d front %d, want %d and a prefix", q.Len(), len(q.Front()), len(model))
				}
				if (len(q.Front()) == 0) != (len(model) == 0) || (q.head == nil) != (len(model) == 0) {
					t.Fatalf("an empty queue must hold nothing and another must show its front")
				}
				n := 0
				for c := q.head; c != nil; c = c.next {
					if c.len() == 0 {
						t.Fatalf("an empty chunk is linked")
					}
					n += c.len()
				}
				if n != q.Len() {
					t.Fatalf("chunks hold %d bytes, Len says %d", n, q.Len())
				}
				if n, want := q.lent()+other.lent(), outstanding(t, lenders); n != want {
					t.Fatalf("%d pieces are lent, %d lenders wait", n, want)
				}
			},
		})
	})
}

func TestQueueMemory(t *testing.T) {
	var q Queue
	q.Append([]byte{1})
	if got := q.memory(); got != ChunkBytesMin {
		t.Errorf("one byte holds %d bytes, want %d", got, ChunkBytesMin)
	}
	var all Queue
	for range 100000 {
		var one Queue
		one.Append([]byte{1})
		one.MoveTo(&all)
	}
	if got := all.memory(); got > 4*all.Len() {
		t.Errorf("100000 moves of one byte hold %d bytes, want a small multiple", got)
	}
	var rests Queue
	for range 100 {
		var one Queue
		one.Append(make([]byte, ChunkBytesMax))
		one.Discard(ChunkBytesMax - 1)
		one.MoveTo(&rests)
	}
	if got := rests.memory(); got > 2*ChunkBytesMax {
		t.Errorf("100 rests of one byte hold %d bytes, want no chunk for each", got)
	}
}

// TestQueueDeep reads a long queue as a sender does: new data far behind the front, and now and
// then an old segment at the front. Neither may walk the whole queue each time.
func TestQueueDeep(t *testing.T) {
	var q Queue
	for range 1600 {
		q.Append(pattern(10 << 10))
	}
	p := make([]byte, 1460)
	for off := 0; off+1460 < q.Len(); off += 1460 {
		q.CopyAt(p, off)
		deep := q.deep
		q.CopyAt(p, 0)
		if q.deep != deep || deep.off > off {
			t.Fatalf("a look at the front moved the deep place from %d to %d", deep.off, q.deep.off)
		}
		if q.find(off) != deep {
			t.Fatalf("offset %d is not found from the deep place", off)
		}
	}
}

func TestQueueDiscardTooMuch(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("discard of more than is held must panic: the caller's count is wrong")
		}
	}()
	var q Queue
	q.Append([]byte("ab"))
	q.Discard(3)
}

func BenchmarkQueueAppendRead(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"1460", 1460}, {"64Ki", 64 << 10}} {
		b.Run(c.name, func(b *testing.B) {
			var q Queue
			p := make([]byte, c.n)
			b.SetBytes(int64(c.n))
			b.ReportAllocs()
			for b.Loop() {
				q.Append(p)
				q.Read(p)
			}
		})
	}
}

// BenchmarkQueueSend is a sender's use: append at the end of 256 KiB, copy segments, discard.
func BenchmarkQueueSend(b *testing.B) {
	var q Queue
	p := make([]byte, 1460)
	q.Append(make([]byte, 256<<10))
	b.SetBytes(1460)
	b.ReportAllocs()
	for b.Loop() {
		q.Append(p)
		q.CopyAt(p, q.Len()-1460)
		q.Discard(1460)
	}
}
