package lab

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"strconv"
	"time"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Config is the settings of a machine, name and value, as its service declares them.
type Config map[string]string

// ErrCrashed is the cause with which a service's context ends when its machine crashes. It wraps
// unikernel.ErrKilled: there is no grace.
var ErrCrashed = fmt.Errorf("lab: crashed: %w", unikernel.ErrKilled)

// RestartWait is how long Restart waits for the service of the life before to return.
const RestartWait = 10 * time.Second

// Host is a machine of a lab. It has the verbs of package net by its *host.Host.
type Host struct {
	*host.Host
	lab      *Lab
	service  unikernel.Service
	config   Config
	router   bool
	card     *device.Device // of a Machine, whose stack is elsewhere; else nil
	mac      uint32         // of its last interface
	addrs    []netip.Addr   // guarded by the lab's lock, as all below
	segments []*segment     // by port

	lives    int // how often it was started
	on       bool
	launched bool
	cancel   context.CancelCauseFunc
	ended    chan struct{} // closed when the service of this life has returned
	ready    bool
}

// Host adds a machine. Its service, nil for a machine that only the test uses, starts when the
// function that builds the lab first waits, and an error from it fails the test, except after a
// crash or at the end.
func (l *Lab) Host(name string, service unikernel.Service, config ...Config) *Host {
	return l.addHost(name, service, false, config)
}

// Hosts adds n machines with the names prefix0, prefix1 and so on.
func (l *Lab) Hosts(prefix string, n int, service unikernel.Service, config ...Config) []*Host {
	hosts := make([]*Host, n)
	for i := range hosts {
		hosts[i] = l.addHost(prefix+strconv.Itoa(i), service, false, config)
	}
	return hosts
}

// Router adds a machine that forwards packets between its links. A host's default route goes to
// the first router on its first segment; routers know the ways to all segments.
func (l *Lab) Router(name string) *Host { return l.addHost(name, nil, true, nil) }

func (l *Lab) addHost(name string, s unikernel.Service, router bool, config []Config) *Host {
	h := &Host{lab: l, service: s, router: router, on: true, config: Config{}}
	for _, c := range config {
		maps.Copy(h.config, c)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, taken := l.names[name]; taken {
		panic(fmt.Sprintf("lab: two machines have the name %q", name))
	}
	h.mac = uint32(len(l.hosts)+1) << 8
	h.Host = host.New(l.network, host.Config{
		Name:     name,
		Resolver: (*resolver)(l),
		Stack: tcpip.Config{
			Secret:     l.secret(name, 0),
			Forwarding: router,
			TCP:        l.opt.tcp,
		},
	})
	l.hosts = append(l.hosts, h)
	l.names[name] = h
	return h
}

// secret is what the sequence numbers and ports of one life of a machine are derived from.
func (l *Lab) secret(name string, life int) (s [32]byte) {
	l.rand.Split("secret " + name + " " + strconv.Itoa(life)).Read(s[:])
	return s
}

// addInterface gives the machine an interface on a segment.
func (h *Host) addInterface(seg *segment, mtu int) *vnet.Port {
	if h.card != nil && len(h.segments) > 0 {
		panic("lab: " + h.Name() + " is a machine outside of the lab and has one link")
	}
	h.mac++
	mac := wire.MAC{2, 0, byte(h.mac >> 24), byte(h.mac >> 16), byte(h.mac >> 8), byte(h.mac)}
	prefixes := seg.next()
	port := h.AddInterface(tcpip.Interface{
		Name:    "eth" + strconv.Itoa(len(h.segments)),
		MAC:     mac,
		MTU:     mtu,
		Offload: true,
		Addrs:   prefixes[:],
		NoDAD:   true, // the lab numbers them: there are no two alike
	})
	h.lab.mu.Lock()
	defer h.lab.mu.Unlock()
	for _, p := range prefixes {
		h.addrs = append(h.addrs, p.Addr())
	}
	h.segments = append(h.segments, seg)
	seg.members = append(seg.members, member{h, mac, prefixes})
	if h.card != nil {
		return h.card.Port()
	}
	return port
}

// Addr returns the machine's first address: IPv6 if v6, else IPv4.
func (h *Host) Addr(v6 bool) netip.Addr {
	h.lab.mu.Lock()
	defer h.lab.mu.Unlock()
	for _, a := range h.addrs {
		if a.Is6() == v6 {
			return a
		}
	}
	return netip.Addr{}
}

// Ping sends an ICMP echo request and returns the time until the answer.
func (h *Host) Ping(ctx context.Context, name string) (time.Duration, error) {
	addrs, err := h.LookupNetIP(ctx, "ip", name)
	if err != nil {
		return 0, err
	}
	return h.Host.Ping(ctx, addrs[0])
}

// Serve gives a machine that has none yet its service, for one that needs to know the machine: its
// certificate, say. The service starts as one given to Lab.Host does.
func (h *Host) Serve(s unikernel.Service) {
	h.lab.mu.Lock()
	had, started := h.service != nil, h.lab.started
	h.service = s
	h.lab.mu.Unlock()
	if had {
		panic(fmt.Sprintf("lab: %s has a service", h.Name()))
	}
	if started {
		h.launch()
	}
}

// launch starts the service for the life that the machine is in.
func (h *Host) launch() {
	l := h.lab
	l.mu.Lock()
	if h.service == nil || !h.on || h.launched || l.closed {
		l.mu.Unlock()
		return
	}
	h.launched = true
	life := h.lives
	ctx, cancel := context.WithCancelCause(l.ctx)
	h.cancel = cancel
	h.ended = make(chan struct{})
	ended := h.ended
	l.mu.Unlock()
	name := h.Name()
	m := unikernel.New(ctx, unikernel.Options{
		Name:     name,
		Target:   unikernel.TargetLab,
		Net:      h,
		Random:   l.rand.Split("random " + name + " " + strconv.Itoa(life)),
		Log:      l.logger(name),
		Settings: h.config,
		OnReady:  func(err error) { l.mu.Lock(); h.ready = err == nil; l.mu.Unlock() },
	})
	go func() {
		defer close(ended)
		defer cancel(nil)
		err := h.service(ctx, m)
		l.mu.Lock()
		crashed := !h.on || h.lives != life
		l.mu.Unlock()
		if err != nil && ctx.Err() == nil && !crashed {
			l.Errorf("%s: service ended: %v", name, err)
		}
	}()
}

// Ready reports whether the machine's service has said that it can be used.
func (h *Host) Ready() bool {
	h.lab.mu.Lock()
	defer h.lab.mu.Unlock()
	return h.ready
}

// Done reports whether the machine's service was started and has returned.
func (h *Host) Done() bool {
	h.lab.mu.Lock()
	ended := h.ended
	h.lab.mu.Unlock()
	select {
	case <-ended: // never, if it is nil
		return true
	default:
		return false
	}
}

// Crash ends the machine at once: no FIN, no goodbye. Every call of its service on the network
// returns net.ErrClosed, its context ends with ErrCrashed. Goroutines cannot be killed, and package
// variables survive.
func (h *Host) Crash() {
	h.lab.note("crash " + h.Name())
	// The life ends before the network does, and the context after it: what the service says of
	// its broken calls does not count, and it must have no time for a goodbye.
	h.lab.mu.Lock()
	h.on, h.ready = false, false
	cancel := h.cancel
	h.lab.mu.Unlock()
	h.PowerOff()
	if cancel != nil {
		cancel(ErrCrashed)
	}
}

// Restart starts a machine that crashed or was stopped, in a new life without memory of the old
// one. It waits until the old service has returned; after RestartWait it fails the test.
func (h *Host) Restart() {
	l := h.lab
	l.mu.Lock()
	on, ended := h.on, h.ended
	l.mu.Unlock()
	if on {
		h.Crash()
	}
	if ended != nil {
		timeout := time.NewTimer(RestartWait)
		defer timeout.Stop()
		select {
		case <-ended:
		case <-timeout.C:
			l.Errorf("restart %s: its service has not returned %v after the crash", h.Name(),
				RestartWait)
			return
		}
	}
	l.note("restart " + h.Name())
	l.mu.Lock()
	h.lives++
	h.on, h.launched, h.ended = true, false, nil
	life, started := h.lives, l.started
	l.mu.Unlock()
	if h.card == nil {
		h.PowerOn(l.secret(h.Name(), life))
	}
	if started {
		h.launch()
	}
}

// Stop asks the service to end and waits until it has: its context ends, and its grace begins. The
// machine's network stays on.
func (h *Host) Stop() {
	h.stopAll(unikernel.ErrStopped)
	h.awaitEnd()
}

// Pause freezes the machine's network stack and its timers, not its Go code, until resume.
func (h *Host) Pause() (resume func()) {
	h.lab.note("pause " + h.Name())
	goOn := h.Host.Pause()
	return func() {
		h.lab.note("resume " + h.Name())
		goOn()
	}
}

// stopAll ends the service's context.
func (h *Host) stopAll(cause error) {
	h.lab.mu.Lock()
	h.ready = false
	cancel := h.cancel
	h.lab.mu.Unlock()
	if cancel != nil {
		cancel(cause)
	}
}

// awaitEnd waits for the service to return, for its grace and a second.
func (h *Host) awaitEnd() {
	h.lab.mu.Lock()
	ended := h.ended
	h.lab.mu.Unlock()
	if ended == nil {
		return
	}
	timeout := time.NewTimer(unikernel.GraceDefault + time.Second)
	defer timeout.Stop()
	select {
	case <-ended:
	case <-timeout.C:
		h.lab.Errorf("%s: its service has not returned after its grace of %v", h.Name(),
			unikernel.GraceDefault)
	}
}

// logger returns a logger that writes to the test's output, with the machine's name and virtual
// time.
func (l *Lab) logger(name string) *slog.Logger {
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.String("at", l.network.Now().String())
		}
		return a
	}
	return slog.New(slog.NewTextHandler(l.t.Output(),
		&slog.HandlerOptions{ReplaceAttr: drop})).With("host", name)
}
