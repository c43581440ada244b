package entropy

import (
	"testing"
	"time"
)

// TestReadTakesNoSharedLock holds the system's lock and all of a stream's generators but one: a
// reader finds that one and needs nothing else.
func TestReadTakesNoSharedLock(t *testing.T) {
	s := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2)}})
	st := s.Stream("test")
	if err := s.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range st.children {
		c := &st.children[i]
		c.mu.Lock()
		if st.rekey(c) == 0 {
			t.Skip("a reseed fell into the test")
		}
	}
	free := &st.children[len(st.children)/2]
	free.mu.Unlock()
	s.mu.Lock()
	done := make(chan struct{})
	go func() {
		for range 100 {
			st.Read(make([]byte, 5000))
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("a read waits for a lock that others hold")
	}
	s.mu.Unlock()
	for i := range st.children {
		c := &st.children[i]
		if c != free {
			c.mu.Unlock()
		}
	}
}
