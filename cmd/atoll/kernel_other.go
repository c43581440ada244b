//go:build !linux

package main

import (
	"errors"
	"net"
	"time"

	"github.com/atoll-os/atoll/iperf"
)

func tcpInfo(net.Conn) (iperf.TCPInfo, bool) { return iperf.TCPInfo{}, false }

func tune(net.Conn, iperf.Tuning) error {
	return errors.New("the congestion control can be chosen on Linux only")
}

func cpuTime() (user, system time.Duration) { return 0, 0 }
