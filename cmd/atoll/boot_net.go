package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/host/card"
	"github.com/atoll-os/atoll/image/lan"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/internal/units"
)

// wiring is what the network cards of machines are connected with.
type wiring struct {
	lan   *lan.LAN
	ports []*lan.Published // of the first machine
	lines []string         // what is told, by machine
}

// portPair is a value of --publish.
type portPair struct {
	at          string // address of the host
	host, guest uint16
}

// parsePublish reads [ADDRESS:]HOST:GUEST. Without an address it is the loopback.
func parsePublish(text string) (p portPair, err error) {
	words := strings.Split(text, ":")
	p.at = "127.0.0.1"
	if n := len(words); n > 2 {
		p.at = strings.Trim(strings.Join(words[:n-2], ":"), "[]")
		words = words[n-2:]
	}
	for i, to := range []*uint16{&p.host, &p.guest} {
		if i >= len(words) {
			return p, publishUsage(text)
		}
		n, err := strconv.ParseUint(words[i], 10, 16)
		if err != nil || n == 0 && i == 1 {
			return p, publishUsage(text)
		}
		*to = uint16(n)
	}
	if _, err := netip.ParseAddr(p.at); err != nil {
		return p, publishUsage(text)
	}
	return p, nil
}

func publishUsage(text string) error {
	return usagef("--publish 8080:80 leads from port 8080 of this host to port 80 of the machine",
		"--publish %s is no pair of ports", text)
}

// guestMAC is the address of a card on a network that is not ours.
var guestMAC = net.HardwareAddr{0x52, 0x54, 0, 0, 0, 0x0f}

// connect gives machines their network cards.
func (o *bootFlags) connect(guests []*guest) (*wiring, error) {
	w := &wiring{}
	c := guests[0].config
	var pairs []portPair
	for _, text := range o.publish {
		p, err := parsePublish(text)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, p)
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
		return w, o.ownNetwork(guests, w, pairs)
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
		w.lines = []string{"QEMU's own, address by dhcp"}
	case isTAP && tap != "":
		if len(pairs) > 0 {
			return nil, usagef("connect to the machine's own address",
				"--publish is not for a TAP device")
		}
		c.Nets = append(c.Nets, machine.Net{MAC: guestMAC, TAP: tap})
		w.lines = []string{"TAP device " + tap}
	default:
		return nil, usagef("--net user or tap:NAME; leave it out for Atoll's own switch",
			"unknown network %q", o.net)
	}
	return w, nil
}

// ownNetwork connects machines with a switch of our own, and publishes ports of the first.
func (o *bootFlags) ownNetwork(guests []*guest, w *wiring, pairs []portPair) (err error) {
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
	var first netip.Addr
	for i, g := range guests {
		place, err := w.lan.Add()
		if err != nil {
			return err
		}
		if i == 0 {
			first = place.Address.Addr()
		}
		c := g.config
		c.Nets = append(c.Nets, machine.Net{MAC: place.MAC, Socket: place.Socket})
		c.Env = append(c.Env, fmt.Sprintf("%s=%s,%s", card.AddressVariable, place.Address,
			place.Router))
		w.lines = append(w.lines, place.Address.String())
	}
	for _, pair := range pairs {
		at := net.JoinHostPort(pair.at, strconv.Itoa(int(pair.host)))
		p, err := w.lan.Publish(at, netip.AddrPortFrom(first, pair.guest))
		if err != nil {
			return publishHint(err, pair)
		}
		w.ports = append(w.ports, p)
		w.lines[0] += fmt.Sprintf("      %s -> :%d", p.Addr, pair.guest)
	}
	return nil
}

// publishHint says what to do about a port that cannot be had.
func publishHint(err error, p portPair) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &hinted{fmt.Errorf("port %d is taken", p.host),
			fmt.Sprintf("--publish %d:%d", int(p.host)+1, p.guest), exitFailed}
	case errors.Is(err, syscall.EACCES):
		return &hinted{err, fmt.Sprintf("--publish %d:%d needs no rights", 8000+int(p.host),
			p.guest), exitFailed}
	}
	return err
}

// readyWait is how long is waited for a machine that publishes ports before only a word is said.
const readyWait = 30 * time.Second

// watch tells the network of machine i, and when the first published port takes connections. The
// returned function ends it.
func (w *wiring) watch(ctx context.Context, i int, m *machine.Machine, stderr io.Writer) (
	done func()) {
	if i < len(w.lines) {
		fmt.Fprintf(stderr, "network     %s\n", w.lines[i])
	}
	if len(w.ports) == 0 || i > 0 {
		return func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		quiet := announce(stderr, "waiting for the machine to listen", readyWait)
		err := w.ports[0].Probe(ctx)
		quiet()
		switch {
		case err == nil:
			fmt.Fprintf(stderr, "ready       %.2f s after start      Ctrl-C stops\n",
				time.Since(m.Started()).Seconds())
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			fmt.Fprintf(stderr, "not ready   nothing listens after %s; its console says why\n",
				units.Duration(readyWait))
		}
	}()
	return func() { cancel(); <-ended }
}

// close ends the network.
func (w *wiring) close() {
	if w.lan != nil {
		w.lan.Close()
	}
}
