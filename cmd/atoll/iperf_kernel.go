package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/internal/terminal"
	"github.com/atoll-os/atoll/iperf"
)

// kernel is an iperf3 server or client on the kernel's sockets, until it is done or interrupted.
func (o *iperfFlags) kernel(c *cobra.Command) error {
	if o.serve && o.connect != "" {
		return usagef("run them in two terminals", "-s and -c exclude each other")
	}
	for _, name := range []string{"hosts", "rtt", "rate", "loss", "mtu", "digest", "out", "seed",
		"real"} {
		if c.Flags().Changed(name) {
			return usagef("leave it out, or leave out -s and -c", "--%s is for a lab", name)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	local := iperf.Local{
		Version:    "atoll",
		SystemInfo: runtime.GOOS + " " + runtime.GOARCH,
		Stats:      tcpInfo,
		Tune:       tune,
		CPU:        cpuTime,
	}
	if o.serve {
		return o.kernelServer(ctx, c, local)
	}
	return o.kernelClient(ctx, c, local)
}

func (o *iperfFlags) kernelServer(ctx context.Context, c *cobra.Command, local iperf.Local) error {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(o.port))
	if err != nil {
		return &hinted{err, "--port chooses another", exitFailed}
	}
	text := iperf.NewText(c.OutOrStdout())
	tests := 1
	fmt.Fprint(c.OutOrStdout(), iperf.ServerBanner(o.port, tests))
	local.Observe = func(e iperf.Event) {
		if o.json {
			if e.Kind == iperf.EventEnd || e.Kind == iperf.EventError {
				json.NewEncoder(c.OutOrStdout()).Encode(e)
			}
			return
		}
		text.Event(e)
		switch e.Kind {
		case iperf.EventError:
			fmt.Fprintf(c.ErrOrStderr(), "atoll: error: %s\n", terminal.Text(e.Err.Error()))
		case iperf.EventEnd:
			tests++
			if !o.oneOff {
				fmt.Fprint(c.OutOrStdout(), iperf.ServerBanner(o.port, tests))
			}
		}
	}
	s := &iperf.Server{Local: local, ListenPacket: net.ListenPacket, OneOff: o.oneOff, JSON: o.json}
	return s.Serve(ctx, l)
}

func (o *iperfFlags) kernelClient(ctx context.Context, c *cobra.Command, local iperf.Local) error {
	test := iperf.Test{
		Duration: o.time, Streams: o.parallel, Reverse: o.reverse, Bidirectional: o.bidir,
		Bandwidth: o.bitrate,
	}
	if o.udp {
		test.Protocol = iperf.UDP
	}
	if c.Flags().Changed("cc") {
		test.Congestion = o.cc
	}
	if !o.json {
		local.Observe = iperf.NewText(c.OutOrStdout()).Event
	}
	client := &iperf.Client{
		Local:  local,
		Dialer: &net.Dialer{},
		Addr:   net.JoinHostPort(o.connect, strconv.Itoa(o.port)),
		Cookie: rand.Reader,
	}
	result, err := client.Run(ctx, test)
	if o.json {
		enc := json.NewEncoder(c.OutOrStdout())
		enc.SetIndent("", "\t")
		if e := enc.Encode(result); err == nil {
			err = e
		}
	} else if err == nil {
		fmt.Fprint(c.OutOrStdout(), "\niperf Done.\n")
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return &hinted{err, "is there a server? atoll iperf -s", exitFailed}
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}
