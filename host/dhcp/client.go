package dhcp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/wire"
)

// Waits of the client.
const (
	// RFC 2131 §4.1 says 4 s for the first wait; a machine that boots is waited for, and its link
	// is short. The waits double as it says, up to resendMax.
	resendFirst = time.Second
	resendMax   = 64 * time.Second
	requestsMax = 4           // that are left without an answer, then it begins anew
	renewMin    = time.Minute // RFC 2131 §4.4.5: between two requests to renew
	pause       = time.Second // before it begins anew
)

// Ports of DHCP (RFC 2131 §4.1).
const (
	serverPort = 67
	clientPort = 68
)

// answerBytesMax is how long a message is read, in bytes.
const answerBytesMax = 1500

// Config says for whom an address is borrowed.
type Config struct {
	Host   *host.Host
	Port   int       // index of the interface, which has no IPv4 address of its own
	MAC    wire.MAC  // of the interface
	Name   string    // of the machine, for the server's list; empty: none is told
	Random io.Reader // transaction numbers
	Log    *slog.Logger

	// Changed is called with each lease, the renewed ones too, and with nil when it is over. The host
	// has the address and the route by then. nil: nobody wants to know.
	Changed func(*Lease)
}

// client is one run of Run.
type client struct {
	Config
	conn   net.PacketConn
	id     dhcpv4.TransactionID
	buffer []byte
	lease  *Lease // that the host has; nil: none
}

// Run borrows an address and keeps it, until ctx ends: then it returns ctx's cause. The address
// stays with the host. Another error says why it cannot go on.
func Run(ctx context.Context, c Config) error {
	conn, err := c.Host.ListenPacket("udp4", fmt.Sprintf("0.0.0.0:%d", clientPort))
	if err != nil {
		return fmt.Errorf("dhcp: open a socket: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })()
	k := &client{Config: c, conn: conn, buffer: make([]byte, answerBytesMax)}
	for {
		l, err := k.acquire(ctx)
		for err == nil {
			k.apply(l)
			l, err = k.keep(ctx, l)
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("dhcp: %w", err)
		}
		c.Log.Warn("dhcp begins anew", "err", err)
		k.apply(nil)
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// apply gives the host what was lent, or takes it away.
func (k *client) apply(l *Lease) {
	old := k.lease
	k.lease = l
	switch {
	case l == nil && old == nil:
		return
	case l == nil:
		k.Host.SetAddrs(k.Port, nil)
		k.Host.SetRoutes(nil)
	case old == nil || old.Addr != l.Addr || old.Router != l.Router:
		k.Host.SetAddrs(k.Port, []netip.Prefix{l.Addr})
		var routes []tcpip.Route
		if l.Router.IsValid() {
			everywhere := netip.PrefixFrom(netip.IPv4Unspecified(), 0)
			routes = []tcpip.Route{{Dst: everywhere, Via: l.Router, Port: k.Port}}
		}
		k.Host.SetRoutes(routes)
	}
	if k.Changed != nil {
		k.Changed(l)
	}
}

// errRefused is a server's DHCPNAK.
var errRefused = errors.New("the server refuses the address")

// acquire makes the two exchanges of RFC 2131 §3.1.
func (k *client) acquire(ctx context.Context) (*Lease, error) {
	if err := k.begin(); err != nil {
		return nil, err
	}
	discover := k.message(dhcpv4.MessageTypeDiscover)
	discover.SetBroadcast()
	offer, _, err := k.exchange(ctx, discover, broadcast, resend(0),
		func(m *dhcpv4.DHCPv4) bool {
			_, server := address(m.ServerIdentifier())
			_, offered := address(m.YourIPAddr)
			return m.MessageType() == dhcpv4.MessageTypeOffer && server && offered
		})
	if err != nil {
		return nil, err
	}
	request := k.message(dhcpv4.MessageTypeRequest)
	request.SetBroadcast()
	request.UpdateOption(dhcpv4.OptRequestedIPAddress(offer.YourIPAddr))
	request.UpdateOption(dhcpv4.OptServerIdentifier(offer.ServerIdentifier()))
	return k.request(ctx, request, broadcast, resend(requestsMax),
		offer.ServerIdentifier())
}

// keep renews a lease when it is time, and returns the new one. An error says that it is over.
func (k *client) keep(ctx context.Context, l *Lease) (*Lease, error) {
	at := func(d time.Duration) time.Time { return l.Obtained.Add(d) }
	if err := sleep(ctx, time.Until(at(l.T1))); err != nil {
		return nil, err
	}
	if err := k.begin(); err != nil {
		return nil, err
	}
	request := k.message(dhcpv4.MessageTypeRequest)
	request.ClientIPAddr = l.Addr.Addr().AsSlice()
	renewed, err := k.request(ctx, request, l.Server, until(at(l.T2)), l.Server.AsSlice())
	if errors.Is(err, errNoAnswer) {
		k.Log.Warn("the address is not renewed", "address", l.Addr, "server", l.Server)
		renewed, err = k.request(ctx, request, broadcast, until(at(l.Length)), nil)
	}
	if errors.Is(err, errNoAnswer) {
		err = fmt.Errorf("the time of %s is up, and no server renews it", l.Addr)
	}
	return renewed, err
}

// request asks for a lease. With a server, that one only is listened to.
func (k *client) request(ctx context.Context, m *dhcpv4.DHCPv4, to netip.Addr, w waits,
	server net.IP) (*Lease, error) {
	answer, asked, err := k.exchange(ctx, m, to, w, func(a *dhcpv4.DHCPv4) bool {
		t := a.MessageType()
		return (t == dhcpv4.MessageTypeAck || t == dhcpv4.MessageTypeNak) &&
			(server == nil || a.ServerIdentifier().Equal(server))
	})
	switch {
	case err != nil:
		return nil, err
	case answer.MessageType() == dhcpv4.MessageTypeNak:
		return nil, errRefused
	}
	return leaseOf(answer, asked)
}

// begin starts a transaction.
func (k *client) begin() error {
	if _, err := io.ReadFull(k.Random, k.id[:]); err != nil {
		return fmt.Errorf("dhcp: make a transaction number: %w", err)
	}
	return nil
}

// message begins a message to servers.
func (k *client) message(t dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	m := &dhcpv4.DHCPv4{OpCode: dhcpv4.OpcodeBootRequest, HWType: 1, ClientHWAddr: k.MAC[:],
		TransactionID: k.id, ClientIPAddr: net.IPv4zero, YourIPAddr: net.IPv4zero,
		ServerIPAddr: net.IPv4zero, GatewayIPAddr: net.IPv4zero, Options: dhcpv4.Options{}}
	m.UpdateOption(dhcpv4.OptMessageType(t))
	m.UpdateOption(dhcpv4.OptParameterRequestList(dhcpv4.OptionSubnetMask, dhcpv4.OptionRouter,
		dhcpv4.OptionDomainNameServer))
	m.UpdateOption(dhcpv4.OptMaxMessageSize(answerBytesMax))
	if k.Name != "" {
		m.UpdateOption(dhcpv4.OptHostName(k.Name))
	}
	return m
}

// errNoAnswer says that no server has answered in time.
var errNoAnswer = errors.New("no answer of a dhcp server")

// exchange sends a message, again after each wait, until there is an answer that will do. It
// returns when it was sent that time.
func (k *client) exchange(ctx context.Context, m *dhcpv4.DHCPv4, to netip.Addr, w waits,
	will func(*dhcpv4.DHCPv4) bool) (answer *dhcpv4.DHCPv4, asked time.Time, err error) {
	var first time.Time
	for n := 0; ; n++ {
		wait, ok := w(n, k.jitter())
		if !ok {
			return nil, asked, errNoAnswer
		}
		asked = time.Now()
		if n == 0 {
			first = asked
		} else {
			k.Log.Warn("waiting for dhcp", "waited", asked.Sub(first).Round(time.Second))
		}
		if _, err := k.conn.WriteTo(m.ToBytes(), &net.UDPAddr{IP: to.AsSlice(),
			Port: serverPort}); err != nil {
			return nil, asked, err
		}
		if err := k.conn.SetReadDeadline(asked.Add(wait)); err != nil {
			return nil, asked, err
		}
		for time.Since(asked) < wait { // others' messages do not keep us
			if ctx.Err() != nil {
				return nil, asked, context.Cause(ctx)
			}
			n, _, err := k.conn.ReadFrom(k.buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			} else if err != nil {
				return nil, asked, err
			}
			if a := k.parse(k.buffer[:n]); a != nil && will(a) {
				return a, asked, nil
			}
		}
		if ctx.Err() != nil {
			return nil, asked, context.Cause(ctx)
		}
	}
}

// parse returns the message for us that is in a datagram, nil if there is none.
func (k *client) parse(b []byte) *dhcpv4.DHCPv4 {
	m, err := dhcpv4.FromBytes(b)
	if err != nil || m.OpCode != dhcpv4.OpcodeBootReply || m.TransactionID != k.id ||
		len(m.ClientHWAddr) != len(k.MAC) || wire.MAC(m.ClientHWAddr) != k.MAC {
		return nil
	}
	return m
}

// jitter returns a number between 0 and 1, of the transaction: what matters is that stations
// differ.
func (k *client) jitter() float64 {
	return float64(binary.BigEndian.Uint32(k.id[:])) / (1 << 32)
}

// waits says how long to wait for an answer to the message number n of an exchange, and whether it
// is to be sent at all.
type waits func(n int, jitter float64) (time.Duration, bool)

// resend doubles the waits from resendFirst to resendMax, each longer by up to a quarter, so that
// machines that boot together do not ask together. After most messages it gives up; 0 is never.
func resend(most int) waits {
	return func(n int, jitter float64) (time.Duration, bool) {
		d := min(resendFirst<<min(n, 10), resendMax)
		return d + time.Duration(jitter*float64(d)/4), most == 0 || n < most
	}
}

// until waits half of the time that is left, at least renewMin, and never beyond the end (RFC 2131
// §4.4.5).
func until(end time.Time) waits {
	return func(int, float64) (time.Duration, bool) {
		left := time.Until(end)
		return min(max(left/2, renewMin), left), left > 0
	}
}

// sleep waits, at most until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
