package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/atoll-os/atoll/host/card"
	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
)

// wiring is what the network cards of machines are connected with.
type wiring struct{ lan *lan.LAN }

// guestMAC is the address of a card on a network that is not ours.
var guestMAC = net.HardwareAddr{0x52, 0x54, 0, 0, 0, 0x0f}

// connect gives machines their network cards.
func (o *bootFlags) connect(guests []*guest) (*wiring, error) {
	w := &wiring{}
	first := guests[0]
	c := first.config
	pairs, to, err := o.pairs(guests)
	if err != nil {
		return nil, err
	}
	if len(guests) > 1 && o.net != "" {
		return nil, usagef("leave --net out: Atoll's own switch is between them",
			"--net %s is for one machine", o.net)
	}
	if o.ip != "" {
		c.Env = append(c.Env, card.AddressVariable+"="+o.ip)
	}
	tap, isTAP := strings.CutPrefix(o.net, "tap:")
	switch {
	case o.net == "" && len(pairs) == 0 && len(guests) == 1:
		return w, nil
	case o.net == "":
		return w, o.ownNetwork(guests, w, pairs, to)
	case o.net == "user":
		n := machine.Net{MAC: guestMAC, User: true}
		for _, p := range pairs {
			if strings.Contains(p.at, ":") {
				return nil, usagef("leave --net out: Atoll's own switch has it",
					"QEMU's own network publishes no IPv6 address")
			}
			n.Forward = append(n.Forward, machine.Forward{At: p.at, Host: p.host, Guest: p.guest})
		}
		c.Nets = append(c.Nets, n)
		first.network = "QEMU's own, address by dhcp"
	case isTAP && tap != "":
		if len(pairs) > 0 {
			return nil, usagef("connect to the machine's own address",
				"--publish is not for a TAP device")
		}
		c.Nets = append(c.Nets, machine.Net{MAC: guestMAC, TAP: tap})
		first.network = "TAP device " + tap
	default:
		return nil, usagef("--net user or tap:NAME; leave it out for Atoll's own switch",
			"unknown network %q", o.net)
	}
	return w, nil
}

// ownNetwork connects machines with a switch of our own, and publishes ports.
func (o *bootFlags) ownNetwork(guests []*guest, w *wiring, pairs []portPair, to []*guest) (
	err error) {
	if o.ip != "" {
		return usagef("leave --ip out", "the machine's address on Atoll's own switch is given by it")
	}
	var seed [32]byte
	rand.Read(seed[:])
	if w.lan, err = lan.New(seed); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	var table []string
	for _, g := range guests {
		place, err := w.lan.Add()
		if err != nil {
			return err
		}
		g.address = place.Address.Addr()
		g.network = place.Address.String()
		g.config.Nets = append(g.config.Nets, machine.Net{MAC: place.MAC, Socket: place.Socket})
		g.config.Env = append(g.config.Env, fmt.Sprintf("%s=%s,%s", card.AddressVariable,
			place.Address, place.Router))
		table = append(table, g.name+"="+g.address.String())
	}
	for _, g := range guests {
		g.config.Env = append(g.config.Env, card.HostsVariable+"="+strings.Join(table, ","))
	}
	for i, pair := range pairs {
		p, err := w.lan.Publish(pair.listenAt(), netip.AddrPortFrom(to[i].address, pair.guest))
		if err != nil {
			return publishHint(err, pair)
		}
		to[i].ports = append(to[i].ports, p)
		to[i].network += fmt.Sprintf("      %s -> :%d", p.Addr, pair.guest)
	}
	return nil
}

// readyWait is how long is waited for a machine that publishes ports before only a word is said.
const readyWait = 30 * time.Second

// watch tells when a machine is ready: when its program says so or, since not every program does,
// the first port that is published of it takes connections. The returned function ends it.
func (g *guest) watch(ctx context.Context, m *machine.Machine, stderr io.Writer) (done func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if g.awaitReady(ctx, m, stderr) {
			fmt.Fprintf(stderr, "ready       %s%.2f s after start      Ctrl-C stops\n", g.prefix,
				time.Since(m.Started()).Seconds())
		}
	}()
	return func() { cancel(); <-ended }
}

// awaitReady waits until a machine is ready: false if ctx ends first. Where ports are published
// that takes readyWait at most, or a line says that it has not come to it.
func (g *guest) awaitReady(ctx context.Context, m *machine.Machine, stderr io.Writer) bool {
	if len(g.ports) == 0 {
		select {
		case <-m.Ready():
			return true
		case <-ctx.Done():
			return false
		}
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	defer announce(stderr, "waiting for "+g.prefix+"the machine to listen", readyWait)()
	probed := make(chan error, 1)
	go func() { probed <- g.ports[0].Probe(ctx) }()
	select {
	case <-m.Ready():
		return true
	case err := <-probed:
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			fmt.Fprintf(stderr, "not ready   %snothing listens after %s; its console says why\n",
				g.prefix, units.Duration(readyWait))
		}
		return err == nil
	}
}

// close ends the network.
func (w *wiring) close() {
	if w.lan != nil {
		w.lan.Close()
	}
}
