package dhcp

import (
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// TestLeaseTimes: what a server says that cannot be is put right (RFC 2131 §4.4.5).
func TestLeaseTimes(t *testing.T) {
	minutes := func(n int) []byte { return []byte{0, 0, byte(n * 60 >> 8), byte(n * 60)} }
	for _, c := range []struct {
		name               string
		length, t1, t2     []byte
		wantLength, w1, w2 time.Duration
	}{
		{"defaults", minutes(80), nil, nil, 80 * time.Minute, 40 * time.Minute, 70 * time.Minute},
		{"its own", minutes(80), minutes(10), minutes(20), 80 * time.Minute, 10 * time.Minute,
			20 * time.Minute},
		{"T1 behind T2", minutes(80), minutes(30), minutes(20), 80 * time.Minute, 40 * time.Minute,
			70 * time.Minute},
		{"T2 behind the end", minutes(80), minutes(30), minutes(90), 80 * time.Minute,
			40 * time.Minute, 70 * time.Minute},
		{"no time", nil, nil, nil, LeaseMin, LeaseMin / 2, LeaseMin * 7 / 8},
		{"for ever", []byte{255, 255, 255, 255}, nil, nil, LeaseMax, LeaseMax / 2, LeaseMax * 7 / 8},
	} {
		ack := &dhcpv4.DHCPv4{YourIPAddr: []byte{10, 0, 0, 9}, Options: dhcpv4.Options{
			54: {10, 0, 0, 1}, 51: c.length, 58: c.t1, 59: c.t2}}
		l, err := leaseOf(ack, time.Time{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if l.Length != c.wantLength || l.T1 != c.w1 || l.T2 != c.w2 {
			t.Errorf("%s: %s, %s, %s", c.name, l.T1, l.T2, l.Length)
		}
		if l.Addr.Bits() != 8 || l.Router.IsValid() {
			t.Errorf("%s: without a mask the class counts: %v", c.name, l)
		}
	}
}

// FuzzLease reads messages of any content.
func FuzzLease(f *testing.F) {
	ack, err := dhcpv4.New(dhcpv4.WithMessageType(dhcpv4.MessageTypeAck),
		dhcpv4.WithYourIP([]byte{10, 0, 0, 9}), dhcpv4.WithLeaseTime(3600),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier([]byte{10, 0, 0, 1})),
		dhcpv4.WithOption(dhcpv4.OptRouter([]byte{10, 0, 0, 1}, []byte{10, 0, 1, 1})))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ack.ToBytes())
	f.Add(ack.ToBytes()[:240])
	f.Fuzz(func(t *testing.T, b []byte) {
		k := &client{}
		copy(k.id[:], ack.TransactionID[:])
		k.parse(b)
		m, err := dhcpv4.FromBytes(b)
		if err != nil {
			return
		}
		l, err := leaseOf(m, time.Time{})
		if err != nil {
			return
		}
		if !l.Addr.IsValid() || !l.Server.IsValid() || len(l.Servers) > ServersMax ||
			l.T1 <= 0 || l.T1 >= l.T2 || l.T2 >= l.Length || l.Length > LeaseMax ||
			l.Router.IsValid() && !l.Addr.Contains(l.Router) {
			t.Errorf("a lease of %+v", l)
		}
	})
}
