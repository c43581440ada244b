package topology

import (
	"cmp"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
)

// LogLinesMax bounds Result.Log; further lines are dropped.
const LogLinesMax = 10_000

// logbook collects what machines log.
type logbook struct {
	now   func() time.Duration
	mu    sync.Mutex
	lines []Line
}

func (b *logbook) logger(host string) *slog.Logger { return slog.New(&logHandler{b, host, ""}) }

func (b *logbook) add(host, text string) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) < LogLinesMax {
		b.lines = append(b.lines, Line{Time(now), host, text})
	}
}

// report returns the lines by time and host: in which order goroutines of different hosts came
// within one instant is chance.
func (b *logbook) report() []Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := slices.Clone(b.lines)
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Host, b.Host))
	})
	return lines
}

// logHandler is a slog.Handler: the message, and attributes behind it. Groups are left out.
type logHandler struct {
	book  *logbook
	host  string
	attrs string
}

// Enabled leaves out what is for debugging.
func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelInfo }

// Handle adds a line.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	if r.Level > slog.LevelInfo {
		b.WriteString(strings.ToLower(r.Level.String()) + ": ")
	}
	b.WriteString(strings.TrimSpace(r.Message) + h.attrs)
	r.Attrs(func(a slog.Attr) bool { b.WriteString(" " + a.String()); return true })
	h.book.add(h.host, b.String())
	return nil
}

// WithAttrs returns a handler that adds attributes to each line.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.attrs += " " + a.String()
	}
	return &with
}

// WithGroup returns the handler itself.
func (h *logHandler) WithGroup(string) slog.Handler { return h }
