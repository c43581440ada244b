package assess

import (
	"bytes"
	"compress/bzip2"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func bzip2Of(t failer, text []byte) []byte {
	var out bytes.Buffer
	z := newBzip2Writer(&out)
	z.Write(text)
	if err := z.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	return out.Bytes()
}

// checkBzip2 wants compress/bzip2 to give back the text.
func checkBzip2(t failer, text []byte) {
	got, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(bzip2Of(t, text))))
	if err != nil || !bytes.Equal(got, text) {
		t.Fatalf("%d bytes %.40q: came back as %d bytes %.40q, %v", len(text), text, len(got), got, err)
	}
}

func TestBzip2(t *testing.T) {
	for _, text := range [][]byte{
		nil, []byte("a"), []byte("aaaa"), []byte(strings.Repeat("a", 255)),
		[]byte(strings.Repeat("a", 260)), []byte("abababab"), []byte("banana"),
		bytes.Repeat([]byte{0}, fewer(3_000_000)), // runs of runs
		noise(1, fewer(1_100_000), 8),             // three blocks
		noise(2, 40_000, 3),
		(&sources[7]).sample(1, 100_000),
		[]byte(strings.Repeat("0123456789 ", 6_000)),
	} {
		checkBzip2(t, text)
	}
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SliceOfN(rapid.ByteRange(0, 3), 0, 50).Draw(t, "piece")
		checkBzip2(t, bytes.Repeat(piece, rapid.IntRange(1, 20).Draw(t, "times")))
	})
}

func FuzzBzip2(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaaaab"))
	f.Add([]byte("1 2 3 4 5 4 3 2 1"))
	f.Fuzz(func(t *testing.T, text []byte) { checkBzip2(t, text) })
}

// Weights that double make codes as long as there are symbols: they must be cut.
func TestCodeLengthsAreLimited(t *testing.T) {
	counts := make([]int, 30)
	for i := range counts {
		counts[i] = 1 << i
	}
	room := 0.0
	for _, l := range codeLengths(counts) {
		if l < 1 || l > codeLengthMax {
			t.Fatalf("a code of %d bits", l)
		}
		room += 1 / float64(int(1)<<l)
	}
	if room != 1 {
		t.Errorf("the words take %v of all there is, want 1", room)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestBzip2WriteError(t *testing.T) {
	z := newBzip2Writer(failing{})
	z.Write(noise(1, 510_000, 8))
	if _, err := z.Write([]byte("a")); err == nil {
		t.Error("write: no error")
	}
	if err := z.Close(); err == nil {
		t.Error("close: no error")
	}
}
