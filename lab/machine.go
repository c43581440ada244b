package lab

import (
	"net"
	"net/netip"

	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/unikernel"
)

// Place is where a machine is in the lab's network: what it must be told from outside.
type Place struct {
	MAC     net.HardwareAddr
	Addrs   [2]netip.Prefix // IPv4 and IPv6
	Routers [2]netip.Addr   // likewise; invalid: there is none
}

// Machine adds a machine whose TCP/IP runs outside of the lab, in a virtual machine of which card
// is the network card. The service is what runs it: it starts the virtual machine and returns when
// that has ended; when its context ends it stops it, at once if the cause is ErrCrashed. Faults,
// captures, crashes and restarts are as of any host. Pause does nothing, and the Host has no verbs
// of package net. A machine has one link, and real time.
func (l *Lab) Machine(name string, card device.Frames, service unikernel.Service) *Host {
	if l.opt.virtual {
		panic("lab: a machine outside of the lab cannot live in virtual time")
	}
	h := l.addHost(name, service, false, nil)
	h.PowerOff()
	h.card = device.Attach(l.network, name, card)
	return h
}

// Place returns where a machine is. It must have its link already.
func (h *Host) Place() (p Place) {
	h.lab.mu.Lock()
	defer h.lab.mu.Unlock()
	for _, m := range h.segments[0].members {
		if m.host == h {
			p.MAC, p.Addrs = m.mac[:], m.prefixes
		}
	}
	for i, r := range defaultRoutes(h) {
		p.Routers[i] = r.Via
	}
	return p
}
