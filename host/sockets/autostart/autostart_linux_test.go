package autostart

import (
	"log/slog"
	"testing"
)

// TestElsewhere: on another kernel nothing is started, and nothing goes wrong.
func TestElsewhere(t *testing.T) {
	if err := start(slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	if name() == "" {
		t.Error("the machine has no name")
	}
}
