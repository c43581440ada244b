package tcpip

import (
	"net/netip"
	"testing"
)

// The first was 10.1.0.1 once: a router then took packets for that host for broadcasts.
func TestBroadcast(t *testing.T) {
	for prefix, want := range map[string]string{
		"10.1.0.2/16":    "10.1.255.255",
		"192.0.2.129/25": "192.0.2.255",
		"10.0.0.0/30":    "10.0.0.3",
	} {
		if got := broadcast(netip.MustParsePrefix(prefix)); got.String() != want {
			t.Errorf("broadcast(%s) = %s, want %s", prefix, got, want)
		}
	}
}
