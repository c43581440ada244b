package host

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
)

// PowerOff ends the machine at once and without a word: no frame leaves it, what arrives is lost,
// every endpoint fails with net.ErrClosed. Its peers see silence.
func (h *Host) PowerOff() {
	h.network.Do(func(clock.Instant, *vnet.Network) {
		h.fail()
		for _, held := range h.held {
			held.f.Release()
		}
		h.stack, h.held, h.paused = nil, nil, false
	})
}

// PowerOn starts a machine that is off with the interfaces and routes it had, and with no memory of
// its connections: to segments of old ones it answers with a reset. secret takes the place of
// the old one, so that sequence numbers and ports of the new life are not those of the old.
func (h *Host) PowerOn(secret [32]byte) {
	h.network.Do(func(now clock.Instant, _ *vnet.Network) {
		if h.stack != nil {
			return
		}
		h.cfg.Stack.Secret = secret
		h.stack = tcpip.New(h.cfg.Stack)
		for _, i := range h.interfaces {
			h.stack.AddInterface(now, i)
		}
		h.stack.SetRoutes(h.routes)
		h.at.Touch()
	})
}

// Pause freezes the machine's stack and its timers; frames wait at its door. Programs go on, and
// find the network silent. The returned function lets it go on.
func (h *Host) Pause() (resume func()) {
	h.network.Do(func(clock.Instant, *vnet.Network) { h.paused = h.stack != nil })
	return func() {
		h.network.Do(func(now clock.Instant, _ *vnet.Network) {
			if !h.paused {
				return
			}
			h.paused = false
			for e := range h.open { // into a set: the order is not seen
				if t, ok := e.(toucher); ok {
					h.network.touch.add(t) // what its program did in the meantime
				}
			}
			for _, held := range h.held {
				h.stack.Input(now, held.port, held.f)
			}
			h.held = nil
			h.at.Touch()
		})
	}
}

// still reports whether the machine takes nothing from its programs: it is off, or paused.
func (h *Host) still() bool { return h.stack == nil || h.paused }
