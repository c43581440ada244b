package entropy

import (
	"context"
	"fmt"
	"log/slog"
)

// messagesMax is how many messages wait for the keeper at most; more are lost.
const messagesMax = 64

// message is one line for the log.
type message struct {
	level slog.Level
	text  string
	args  []any
}

// say leaves a message for the log, with the lock held. The keeper writes it: a log may need random
// bytes itself, such as one that goes over TLS, and would otherwise wait for whom it serves.
func (s *System) say(level slog.Level, text string, args ...any) {
	if len(s.messages) < messagesMax && !s.still {
		s.messages = append(s.messages, message{level, text, args})
		s.signal()
	}
}

// speak writes the messages that wait.
func (s *System) speak() {
	s.mu.Lock()
	messages := s.messages
	s.messages = nil
	s.mu.Unlock()
	for _, m := range messages {
		s.log.Log(context.Background(), m.level, m.text, m.args...)
	}
}

// Format prints no more of a system than whether it is ready.
func (s *System) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "entropy.System(ready: %v)", s.epoch.Load() != 0)
}
