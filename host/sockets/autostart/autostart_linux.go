package autostart

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"runtime/debug"

	"github.com/atoll-os/atoll/host/card"
	"github.com/atoll-os/atoll/host/sockets"
)

func init() {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := start(log); err != nil {
		log.Error("the network does not start", "err", err)
		os.Exit(1)
	}
}

// start starts the machine's card and the driver of its sockets.
func start(log *slog.Logger) error {
	_, err := sockets.Start(context.Background(), card.Config{Name: name(), Random: rand.Reader,
		Environ: os.Environ(), Log: log})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not Atoll's kernel
	}
	return err
}

// name is the machine's in a DHCP server's list: the program's.
func name() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "atoll"
	}
	return path.Base(info.Path)
}
