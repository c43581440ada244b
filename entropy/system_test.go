package entropy

import (
	"bytes"
	"testing"
	"testing/synctest"
)

func TestReadyFromTwoSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2)}})
		st := s.Stream("test")
		p := make([]byte, 100)
		if n, err := st.Read(p); n != 100 || err != nil {
			t.Fatalf("Read = %d, %v; want 100, nil", n, err)
		}
		if bytes.Equal(p, make([]byte, 100)) {
			t.Error("Read left p as it was")
		}
		t.Logf("%+v", s.Status())
	})
}
