//go:build atollvm && linux

package unikernel

import (
	"context"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/atoll-os/atoll/host/card"
	"github.com/atoll-os/atoll/host/sockets"
)

// tellReady says on the kernel's line to the host that the service can be used. An older kernel has
// no such line, and that is no reason to fail.
func tellReady(err error) {
	if err != nil {
		return
	}
	f, err := os.OpenFile("/dev/ready", os.O_WRONLY, 0)
	if err != nil {
		return
	}
	defer f.Close()
	io.WriteString(f, "ready\n")
}

// releaseSuffix is what the release of Atoll's kernel ends with.
const releaseSuffix = "-atoll"

// ownNet tells by the kernel's release whether this is a machine with Atoll's kernel, or a program
// of target vm that somebody tries on Linux.
func ownNet() machineNet {
	if !onAtoll() {
		return nil
	}
	return func(ctx context.Context, name string, random io.Reader, environ []string,
		log *slog.Logger) (Net, error) {
		return sockets.Start(ctx, card.Config{Name: name, Random: random, Environ: environ, Log: log})
	}
}

// onAtoll tells whether the kernel under the process is Atoll's.
func onAtoll() bool {
	_, release := uname()
	return strings.HasSuffix(release, releaseSuffix)
}
