//go:build atollvm && linux

package unikernel

import (
	"context"
	"errors"
	"io"
	"io/fs"
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
		driver, err := sockets.Open() // for what uses package net
		if err != nil {
			return nil, err
		}
		var names sockets.Names
		h, err := card.Start(ctx, card.Config{Name: name, Random: random, Environ: environ, Log: log,
			Servers: names.Servers})
		if err != nil {
			driver.Close()
			return nil, err
		}
		if err := names.Hosts(); err != nil && !errors.Is(err, fs.ErrExist) {
			log.Warn("localhost has no name", "err", err)
		}
		go func() {
			if err := driver.Serve(h); err != nil {
				log.Error("no more network for sockets", "err", err)
			}
		}()
		return h, nil
	}
}

// onAtoll tells whether the kernel under the process is Atoll's.
func onAtoll() bool {
	_, release := uname()
	return strings.HasSuffix(release, releaseSuffix)
}
