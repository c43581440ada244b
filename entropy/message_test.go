package entropy

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLogMayDrinkItself has a log that needs random bytes for each line, as one that goes over TLS
// does: it must not wait for the system whose lines it writes.
func TestLogMayDrinkItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var st *Stream
		var text bytes.Buffer
		thirsty := writer(func(p []byte) (int, error) {
			st.Read(make([]byte, 16))
			return text.Write(p)
		})
		g := new(fakeGeneration)
		s, err := New(Config{Sources: []Source{good("a", 1), good("b", 2)},
			Generations: []Generation{g}, Log: slog.New(slog.NewTextHandler(thirsty, nil))})
		if err != nil {
			t.Fatal(err)
		}
		st = s.Stream("log")
		st.Read(make([]byte, 1))
		time.Sleep(time.Second)
		g.n.Add(1)
		time.Sleep(time.Minute)
		s.Close()
		for _, want := range []string{"entropy ready", "state=healthy", "this is a copy"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the log has no %q:\n%s", want, &text)
			}
		}
	})
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestMessagesAreBounded(t *testing.T) {
	s := &System{wake: make(chan struct{}, 1), log: slog.New(slog.DiscardHandler)}
	for range 10 * messagesMax {
		s.say(slog.LevelInfo, "again")
	}
	if len(s.messages) != messagesMax {
		t.Errorf("%d messages wait, want at most %d", len(s.messages), messagesMax)
	}
	s.speak()
	if len(s.messages) != 0 {
		t.Error("messages wait after they were written")
	}
}
