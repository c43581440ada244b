package entropy_test

import (
	"bytes"
	"log/slog"
	"sync"
)

// logger returns a log and what was written to it.
func logger() (log *slog.Logger, lines func() string) {
	b := &buffer{}
	return slog.New(slog.NewTextHandler(b, nil)), b.String
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
