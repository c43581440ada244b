package main

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/iperf"
)

// tcpInfo asks the kernel about a connection (TCP_INFO).
func tcpInfo(c net.Conn) (info iperf.TCPInfo, ok bool) {
	err := control(c, func(fd int) error {
		i, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return err
		}
		info = iperf.TCPInfo{
			MSS:              int(i.Snd_mss),
			Retransmits:      int64(i.Total_retrans),
			CongestionWindow: int64(i.Snd_cwnd) * int64(i.Snd_mss),
			SendWindow:       int64(i.Snd_wnd),
			RTT:              time.Duration(i.Rtt) * time.Microsecond,
			RTTVar:           time.Duration(i.Rttvar) * time.Microsecond,
			PathMTU:          int(i.Pmtu),
			Reordering:       int(i.Reordering),
		}
		info.SendBuffer, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF)
		info.ReceiveBuffer, _ = unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
		info.Congestion, _ = unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
		return nil
	})
	return info, err == nil
}

// tune sets what package net has no words for.
func tune(c net.Conn, t iperf.Tuning) error {
	return control(c, func(fd int) error {
		var errs []error
		if t.Congestion != "" {
			errs = append(errs,
				unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, t.Congestion))
		}
		if t.MSS > 0 {
			errs = append(errs, unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG, t.MSS))
		}
		return errors.Join(errs...)
	})
}

// control calls f with a connection's file descriptor.
func control(c net.Conn, f func(fd int) error) error {
	s, ok := c.(syscall.Conn)
	if !ok {
		return errors.New("not a connection of the kernel")
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := raw.Control(func(fd uintptr) { result = f(int(fd)) }); err != nil {
		return err
	}
	return result
}

// cpuTime returns the processor time that the process has used.
func cpuTime() (user, system time.Duration) {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0, 0
	}
	return time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())
}
