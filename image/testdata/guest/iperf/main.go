// Command iperf is a guest that measures its network: an iperf3 server over Atoll's own TCP/IP.
package main

import (
	"context"

	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/unikernel"
)

func main() { unikernel.Main(serve) }

func serve(ctx context.Context, m *unikernel.Machine) error {
	if err := m.Config.Decode(&struct{}{}); err != nil {
		return err
	}
	l, err := m.Net.Listen("tcp", ":5201")
	if err != nil {
		return err
	}
	m.Ready(nil)
	s := iperf.Server{ListenPacket: m.Net.ListenPacket, Interval: -1}
	return s.Serve(ctx, l)
}
