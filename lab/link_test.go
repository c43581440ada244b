package lab

import (
	"testing"
	"time"

	"github.com/atoll-os/atoll/vnet/fault"
)

// Each direction of a link has its own values, and the lab's context ends with the lab.
func TestLinkWays(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		a, b := l.Host("a", nil), l.Host("b", nil)
		k := l.LinkWays(a, b, []fault.Value{fault.Delay(30*time.Millisecond, 0)},
			[]fault.Value{fault.Delay(5*time.Millisecond, 0), fault.MTU(1400)})
		a.Ping(l.Context(), "b") // asks for b's address first
		if d, err := a.Ping(l.Context(), "b"); err != nil || d != 35*time.Millisecond {
			t.Errorf("ping over 30ms there and 5ms back: %v, %v", d, err)
		}
		if n := len(l.Notes()); n != 0 {
			t.Errorf("%d notes of what is there from the start, want none", n)
		}
		if mtu := [2]int{a.Interfaces()[0].MTU, b.Interfaces()[0].MTU}; mtu != [2]int{1500, 1400} {
			t.Errorf("interfaces have MTUs %v, want 1500 and 1400", mtu)
		}
		if frames, bytes := k.AtoB().Queued(); frames != 0 || bytes != 0 {
			t.Errorf("%d frames, %d bytes wait on an idle link", frames, bytes)
		}
		l.At(time.Second, "crash b", b.Crash)
		time.Sleep(2 * time.Second)
		if notes := l.Notes(); len(notes) != 1 {
			t.Errorf("notes %v, want one: it was planned in the words of what it does", notes)
		}
		l.Close()
		if l.Context().Err() == nil {
			t.Error("the context of a closed lab has not ended")
		}
	})
}
