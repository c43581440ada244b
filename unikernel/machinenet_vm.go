//go:build atollvm && linux

package unikernel

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"syscall"

	"github.com/atoll-os/atoll/host/card"
)

// ownNet tells by the kernel's release whether this is a machine with Atoll's kernel, or a program
// of target vm that somebody tries on Linux.
func ownNet() machineNet {
	var name syscall.Utsname
	if syscall.Uname(&name) != nil {
		return nil
	}
	var release []byte
	for _, c := range name.Release {
		release = append(release, byte(c))
	}
	if text, _, _ := strings.Cut(string(release), "\x00"); !strings.HasSuffix(text, "-atoll") {
		return nil
	}
	return func(ctx context.Context, name string, random io.Reader, environ []string,
		log *slog.Logger) (Net, error) {
		return card.Start(ctx, card.Config{Name: name, Random: random, Environ: environ, Log: log})
	}
}
