package card

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/atoll-os/atoll/host"
)

// Waits of a renewal (RFC 2131 §4.4.5).
const (
	leaseMin    = 2 * time.Minute // a shorter lease, or one that does not say, is taken for this
	renewRetry  = time.Minute
	renewAnswer = 5 * time.Second
)

// keep renews a lease at half of its time, until ctx ends. What a server does not renew is told:
// the address stays, since connections hang on it, and is asked for again each minute.
func (l *lease) keep(ctx context.Context, h *host.Host, log *slog.Logger) {
	wait := l.half()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if err := l.renew(h); err != nil {
			log.Warn("the address is not renewed", "address", l.Prefix, "err", err)
			wait = renewRetry
			continue
		}
		wait = l.half()
	}
}

func (l *lease) half() time.Duration { return max(l.ack.IPAddressLeaseTime(0), leaseMin) / 2 }

// renew asks the server for more time.
func (l *lease) renew(h *host.Host) error {
	request, err := dhcpv4.NewRenewFromAck(l.ack)
	if err != nil {
		return err
	}
	conn, err := h.ListenPacket("udp4", fmt.Sprintf(":%d", clientPort))
	if err != nil {
		return err
	}
	defer conn.Close()
	server := &net.UDPAddr{IP: l.ack.ServerIdentifier(), Port: serverPort}
	if _, err := conn.WriteTo(request.ToBytes(), server); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(renewAnswer)); err != nil {
		return err
	}
	buffer := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return err
		}
		answer, err := dhcpv4.FromBytes(buffer[:n])
		if err != nil || answer.TransactionID != request.TransactionID {
			continue
		}
		if answer.MessageType() != dhcpv4.MessageTypeAck {
			return fmt.Errorf("the server says %v", answer.MessageType())
		}
		l.ack = answer
		return nil
	}
}
