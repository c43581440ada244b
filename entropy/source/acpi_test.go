package source

import (
	"encoding/hex"
	"strings"
	"testing"
)

// tables are the two forms of the device, as hypervisors write them.
var tables = map[string]struct {
	hex     string
	address uint64
}{
	// Device(VGEN){_HID "VMGENCTR", _CID and _DDN "VM_Gen_Counter", ADDR Package(2){low, high}}
	"firecracker": {`5b824605 2e5f5342 5f564745 4e 085f4849440d 564d47454e43545200
		085f4349440d 564d5f47656e5f436f756e74657200 085f44444e0d 564d5f47656e5f436f756e74657200
		0841444452 120c 02 0cf0ff0d00 0c00000000`, 0xdfff0},
	"above 4 GiB": {`085f4349440d 564d5f47656e5f436f756e74657200 0841444452 120c 02 0cf0ff0d00 01`,
		0x1000dfff0},
	// Name(VGIA, page), Device(VGEN){... "QEMUVGID", _CID and _DDN "VM_Gen_Counter", Method(ADDR)}
	"qemu": {`085647494 10c 0000ff7f 5b824405 56 47454e 085f4349440d
		564d5f47656e5f436f756e74657200 144c 41444452 00`, 0x7fff0028},
}

func table(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestGenerationAddress(t *testing.T) {
	for name, c := range tables {
		if got, ok := generationAddress(table(t, c.hex)); got != c.address || !ok {
			t.Errorf("%s: %#x, %v; want %#x", name, got, ok, c.address)
		}
	}
	for why, text := range map[string]string{
		"no such device":     "0841444452 120c02 0cf0ff0d00 0c00000000",
		"address of zero":    "564d5f47656e5f436f756e746572 0841444452 120c02 00 00",
		"cut off":            "564d5f47656e5f436f756e746572 0841444452 120c02 0cf0ff",
		"cut off earlier":    "564d5f47656e5f436f756e746572 0841444452 12",
		"three values":       "564d5f47656e5f436f756e746572 0841444452 120c03 01 01 01",
		"low half too wide":  "564d5f47656e5f436f756e746572 0841444452 120c02 0e1122334455667788 00",
		"not an integer":     "564d5f47656e5f436f756e746572 0841444452 120c02 ff ff",
		"only one":           "564d5f47656e5f436f756e746572 0841444452 120c02 0a10",
		"a page of zero":     "0856474941 00 564d5f47656e5f436f756e746572",
		"a page cut off":     "564d5f47656e5f436f756e746572 0856474941 0b10",
		"before it, no text": "ffffffffffffffffffff 564d5f47656e5f436f756e746572",
		"device, no address": "564d5f47656e5f436f756e746572",
	} {
		if got, ok := generationAddress(table(t, text)); ok {
			t.Errorf("%s: found %#x", why, got)
		}
	}
}

func FuzzGenerationAddress(f *testing.F) {
	for _, c := range tables {
		f.Add(table(f, c.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if address, ok := generationAddress(b); ok && address == 0 {
			t.Error("found the identifier at address 0")
		}
	})
}

func TestAnnouncesGeneration(t *testing.T) {
	for message, want := range map[string]bool{
		"change@/devices/platform/VMGENCTR:00\x00ACTION=change\x00NEW_VMGENID=1\x00SEQNUM=7\x00": true,
		"change@/devices/x\x00NEW_VMGENID=1":                                                     true,
		"change@/devices/x\x00NEW_VMGENID=0\x00":                                                 false,
		"change@/devices/x\x00SYNTH_ARG_NEW_VMGENID=1\x00":                                       false,
		"add@/devices/x\x00NEW_VMGENID=1\x00":                                                    false,
		"libudev\x00NEW_VMGENID=1\x00":                                                           false,
		"change@/devices/x":                                                                      false,
		"":                                                                                       false,
	} {
		if got := announcesGeneration([]byte(message)); got != want {
			t.Errorf("%q announces a generation: %v, want %v", message, got, want)
		}
	}
}

func FuzzAnnouncesGeneration(f *testing.F) {
	f.Add([]byte("change@/devices/x\x00NEW_VMGENID=1\x00"))
	f.Add([]byte("\x00\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		if announcesGeneration(message) && !strings.Contains(string(message), "NEW_VMGENID=1") {
			t.Errorf("%q announces a generation", message)
		}
	})
}
