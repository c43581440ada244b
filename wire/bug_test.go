package wire

import (
	"strings"
	"testing"
)

// TestBugs: a value that cannot be written is our own fault and panics, rather than to send
// something else.
func TestBugs(t *testing.T) {
	v4 := IPv4{Src: benchSrc, Dst: benchDst}
	for name, f := range map[string]func(){
		"IPv4 payload too long": func() { v4.Append(nil, IPv4PacketMax-IPv4Size+1) },
		"IPv4 payload negative": func() { v4.Append(nil, -1) },
		"IPv4 options too long": func() {
			h := v4
			h.Options = make([]byte, 41)
			h.Append(nil, 0)
		},
		"IPv4 odd fragment offset": func() {
			h := v4
			h.FragmentOffset = 4
			h.Append(nil, 0)
		},
		"IPv4 fragment offset too large": func() {
			h := v4
			h.FragmentOffset = 65536
			h.Append(nil, 0)
		},
		"IPv6 payload too long": func() { (&IPv6{}).Append(nil, IPv6PayloadMax+1) },
		"IPv6 flow label":       func() { (&IPv6{FlowLabel: 1 << 20}).Append(nil, 0) },
		"IPv6 extension body":   func() { (&IPv6Extension{Body: make([]byte, 7)}).Append(nil) },
		"IPv6 fragment offset":  func() { (&IPv6Fragment{Offset: 9}).Append(nil) },
		"UDP payload too long":  func() { (&UDP{}).Append(nil, UDPPayloadMax+1) },
		"RDNSS without a server": func() {
			(&RouterAdvertisement{DNS: []RecursiveDNS{{}}}).Append(nil)
		},
		"split into nothing": func() { Split(nil, 0) },
		"another error":      func() { malformed(errString("x")) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "wire: BUG: ") {
					t.Errorf("panic %q, want one that begins with wire: BUG:", text)
				}
			}()
			f()
		})
	}
}

type errString string

func (e errString) Error() string { return string(e) }
