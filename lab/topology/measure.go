package topology

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/unikernel"
)

// tested is what is known of one iperf client.
type tested struct {
	start, ended time.Duration
	result       *iperf.Result // the client's
	err          error
}

// local is what iperf is told of a machine: nothing of the one that the lab runs on.
func (r *runner) local() iperf.Local {
	return iperf.Local{Version: "atoll", SystemInfo: "atoll lab", Stats: connStats, Tune: tune}
}

// connStats looks into a connection.
func connStats(c net.Conn) (iperf.TCPInfo, bool) {
	w, ok := c.(*conn)
	if !ok {
		return iperf.TCPInfo{}, false
	}
	i := w.Info()
	return iperf.TCPInfo{MSS: i.MSS, Retransmits: int64(i.Retransmits),
		CongestionWindow: int64(i.CongestionWindow), SendWindow: int64(i.SendWindow),
		RTT: i.RTT, RTTVar: i.RTTVar, Congestion: w.congestion.Load().String()}, true
}

// congestions are the names of congestion control that a test may have.
var congestions = map[string]tcp.CongestionControl{"cubic": tcp.CUBIC, "reno": tcp.NewReno}

func tune(c net.Conn, t iperf.Tuning) error {
	w, ok := c.(*conn)
	kind, known := congestions[t.Congestion]
	if !ok || !known || t.MSS != 0 {
		return errors.New("topology: only congestion control can be set")
	}
	w.congestion.Store(&kind)
	return w.SetCongestion(kind)
}

// iperfServer serves one client at each of its ports.
func (r *runner) iperfServer(index int) unikernel.Service {
	ports := []int{}
	for _, c := range r.plan.clients {
		if c.server == index && c.port != 0 {
			ports = append(ports, c.port)
		}
	}
	if len(ports) == 0 {
		ports = append(ports, iperf.Port)
	}
	return func(ctx context.Context, u *unikernel.Machine) error {
		listeners := make([]net.Listener, len(ports))
		for i, port := range ports {
			var err error
			if listeners[i], err = u.Net.Listen("tcp", ":"+strconv.Itoa(port)); err != nil {
				return err
			}
		}
		r.up()
		u.Ready(nil)
		errs := make([]error, len(ports))
		var wg sync.WaitGroup
		for i := range ports {
			wg.Go(func() {
				s := iperf.Server{Local: r.local(), ListenPacket: u.Net.ListenPacket, Interval: -1}
				s.Observe = r.served
				errs[i] = s.Serve(ctx, listeners[i])
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}
}

// served keeps a server's result: it alone knows the connections of a test in which it sends.
func (r *runner) served(e iperf.Event) {
	if e.Kind != iperf.EventEnd {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.servers[e.Result.Start.Cookie] = e.Result
}

// iperfClient runs one test.
func (r *runner) iperfClient(index int, i *Iperf) unikernel.Service {
	c := r.plan.clients[index]
	server := r.plan.machines[c.server].name
	test := iperf.Test{
		Protocol: iperf.TCP, Duration: i.length(), Omit: i.Omit, Streams: i.Parallel,
		Reverse: i.Reverse, Bidirectional: i.Bidirectional, Bandwidth: i.Rate,
		Congestion: i.Congestion, Window: c.window,
	}
	switch {
	case i.UDP:
		test.Protocol, test.Congestion, test.Window = iperf.UDP, "", 0
	case i.Rate == iperf.Unlimited:
		test.Bandwidth = 0
	}
	return func(ctx context.Context, u *unikernel.Machine) error {
		if !r.awaitStart(ctx, i.Start) {
			return nil
		}
		r.awaitMachine(ctx, u.Net, server, strconv.Itoa(c.port))
		local := r.local()
		begun := time.Duration(0)
		local.Observe = func(e iperf.Event) {
			if e.Kind == iperf.EventStart {
				begun = r.now()
			}
		}
		client := iperf.Client{Local: local, Dialer: u.Net, Cookie: u.Random,
			Addr: net.JoinHostPort(server, strconv.Itoa(c.port))}
		result, err := client.Run(ctx, test)
		if errors.Is(context.Cause(ctx), unikernel.ErrKilled) || r.over() {
			err = context.Cause(ctx) // it crashed, and may begin again; or the run is over
		}
		r.mu.Lock()
		r.tests[index] = tested{start: begun, ended: r.now(), result: result, err: err}
		r.mu.Unlock()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			u.Log.Info("iperf to " + server + ": " + err.Error())
		}
		r.done(index)
		return nil
	}
}
