// Command iperf measures a network by the iperf3 protocol: a server, or with --connect a client.
//
//	go run ./examples/iperf --listen :5201
//	go run ./examples/iperf --connect localhost --time 3s
//
// As machines, of which the second measures what there is between it and the first:
//
//	atoll build ./examples/iperf
//	atoll boot iperf.elf iperf.elf --env iperf1:IPERF_CONNECT=iperf0 -- --one-off
//
// iperf3 is at home at either end.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/unikernel"
)

// config are the settings of iperf.
type config struct {
	_       struct{} `doc:"Iperf measures a network by the iperf3 protocol."`
	Listen  string   `doc:"address that a server serves on"`
	OneOff  bool     `doc:"a server ends after one test"`
	Connect string   `doc:"server to measure against, HOST or HOST:PORT; without, this is a server"`

	Time    time.Duration `doc:"how long a client measures" min:"1s"`
	Reverse bool          `doc:"the server sends to the client"`
	Streams int           `doc:"connections side by side" min:"1"`
}

func main() {
	unikernel.Main(func(ctx context.Context, m *unikernel.Machine) error {
		return measure(ctx, m, os.Stdout)
	})
}

// measure is the service; out is for its results.
func measure(ctx context.Context, m *unikernel.Machine, out io.Writer) error {
	cfg := config{Listen: ":" + strconv.Itoa(iperf.Port), Time: 5 * time.Second, Streams: 1}
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	if cfg.Connect == "" {
		return serve(ctx, m, &cfg, out)
	}
	return connect(ctx, m, &cfg, out)
}

// serve lets clients measure.
func serve(ctx context.Context, m *unikernel.Machine, cfg *config, out io.Writer) error {
	l, err := m.Net.Listen("tcp", cfg.Listen)
	if err != nil {
		return err
	}
	m.Log.Info("serving", "addr", l.Addr().String())
	m.Ready(nil)
	s := iperf.Server{ListenPacket: m.Net.ListenPacket, OneOff: cfg.OneOff}
	s.Observe = iperf.NewText(out).Event
	return s.Serve(ctx, l)
}

// serverWait is how long a client waits for its server to be there.
const (
	serverWait = 30 * time.Second
	retryAfter = 100 * time.Millisecond
)

// connect measures once, as soon as the server is there.
func connect(ctx context.Context, m *unikernel.Machine, cfg *config, out io.Writer) error {
	addr := cfg.Connect
	if _, _, err := net.SplitHostPort(addr); err != nil {
		addr = net.JoinHostPort(addr, strconv.Itoa(iperf.Port))
	}
	if err := await(ctx, m, addr); err != nil {
		return fmt.Errorf("wait for %s: %w", addr, err)
	}
	c := iperf.Client{Dialer: m.Net, Addr: addr, Cookie: m.Random}
	c.Observe = iperf.NewText(out).Event
	result, err := c.Run(ctx, iperf.Test{Duration: cfg.Time, Reverse: cfg.Reverse,
		Streams: cfg.Streams})
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case result.End.SumReceived == nil:
		return errors.New("the server has not said what it received")
	}
	_, err = fmt.Fprintf(out, "goodput %.1f Mbit/s\n", result.End.SumReceived.BitsPerSecond/1e6)
	return err
}

// await connects until the server takes a connection, and says after a second that it waits. The
// server takes a connection without a word for a client that went away.
func await(ctx context.Context, m *unikernel.Machine, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, serverWait)
	defer cancel()
	told := time.AfterFunc(time.Second, func() {
		m.Log.Info("waiting for the server", "addr", addr, "at most", serverWait)
	})
	defer told.Stop()
	for {
		conn, err := m.Net.DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(retryAfter):
		}
	}
}
