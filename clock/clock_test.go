package clock

import (
	"testing"
	"time"
)

func TestString(t *testing.T) {
	for _, c := range []struct {
		t    Instant
		want string
	}{
		{0, "0.000"},
		{1, "0.000000001"},
		{Instant(1412 * time.Millisecond), "1.412"},
		{Instant(10250), "0.00001025"},
		{Instant(-time.Second), "-1.000"},
		{Never, "never"},
	} {
		if got := c.t.String(); got != c.want {
			t.Errorf("Instant(%d) = %q, want %q", int64(c.t), got, c.want)
		}
	}
}

func TestAddSaturates(t *testing.T) {
	if got := Never.Add(-time.Second); got != Never {
		t.Errorf("Never minus a second = %v, want never: a stopped timer stays stopped", got)
	}
	if got := (Never - 1).Add(time.Second); got != Never {
		t.Errorf("a sum past the end = %v, want never", got)
	}
	if got := Instant(5).Add(7).Sub(2); got != 10 {
		t.Errorf("5 + 7 - 2 = %v, want 10ns", got)
	}
}
