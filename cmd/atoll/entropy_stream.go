package main

import (
	"context"
	"errors"
	"io"
	"math"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/entropy"
)

const (
	streamChunk = 64 << 10 // bytes: what a pipe of Linux holds
	// readyTime is how long a command waits for the machine's system.
	readyTime = 30 * time.Second
)

func newEntropyStream() *cobra.Command {
	var limit int64
	c := &cobra.Command{
		Use:   "stream",
		Short: "Write random bytes, until nobody reads them any more",
		Long: `Write random bytes at speed, until the pipe closes, somebody presses Ctrl-C, or --bytes are
written: for PractRand, dieharder, TestU01, and everything else that reads raw bytes. A battery
tests the generator. It cannot tell what the seed is worth: atoll entropy assess is for sources.`,
		Example: `  atoll entropy stream --bytes 64KiB > random.bin`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			err := refuseTerminal(c.OutOrStdout(), "atoll entropy stream | RNG_test stdin8")
			if err != nil {
				return err
			}
			return stream(c.OutOrStdout(), limit)
		},
	}
	c.Flags().VarP(sizeFlag(&limit), "bytes", "n", "stop after so many; never if left out")
	return c
}

// readySystem starts the machine's system and waits until it is ready.
func readySystem(ctx context.Context) (*entropy.System, error) {
	system, err := newMachine()
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if err := system.Wait(wait); err != nil {
		system.Close()
		return nil, err
	}
	return system, nil
}

// stream writes random bytes. An interrupt and a reader that has had enough are good ends.
func stream(w io.Writer, limit int64) error {
	// Without this the process would die of the signal, and not of its own will.
	signal.Ignore(syscall.SIGPIPE)
	ctx, cancel := untilInterrupt()
	defer cancel()
	system, err := readySystem(ctx)
	if err != nil {
		return err
	}
	defer system.Close()
	if limit == 0 {
		limit = math.MaxInt64
	}
	ended := make(chan error, 1)
	go func() {
		from := system.Stream("atoll entropy stream")
		_, err := io.CopyBuffer(writerOnly{w}, io.LimitReader(from, limit), make([]byte, streamChunk))
		ended <- err
	}()
	select {
	case err = <-ended:
	case <-ctx.Done(): // also while a write waits for its reader
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// writerOnly hides what else a writer can do, so that a copy uses the buffer it was given.
type writerOnly struct{ io.Writer }
