package image

import (
	"bytes"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
)

// lossy is a switch for machines, in this process, whose links lose frames.
type lossy struct {
	network *host.Network
	node    *vnet.Switch
	lost    []*vnet.Port // count what is lost, in both directions
}

func newLossy(t *testing.T) *lossy {
	t.Helper()
	s := &lossy{network: host.Real(prng.New(5))}
	s.network.Do(func(_ clock.Instant, n *vnet.Network) { s.node = vnet.NewSwitch(n, "switch") })
	t.Cleanup(func() { s.network.Close() })
	return s
}

// plug connects what comes to a listener by a link that loses frames.
func (s *lossy) plug(t *testing.T, listener net.Listener, name string, loss float64) {
	t.Helper()
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	d := device.Attach(s.network, name, device.NewStream(conn))
	t.Cleanup(func() { d.Close() })
	s.network.Do(func(_ clock.Instant, n *vnet.Network) {
		port := s.node.AddPort(name)
		link := n.Connect(port, d.Port(), vnet.Settings{MTU: 1500, Delay: time.Millisecond})
		var faults []vnet.Fault
		fault.Loss(loss).Apply(&vnet.Settings{}, &faults)
		for _, direction := range link.Directions {
			direction.Add(faults[0])
		}
		s.lost = append(s.lost, port, d.Port())
	})
}

// dropped returns how many frames were lost so far.
func (s *lossy) dropped() (n uint64) {
	s.network.Do(func(clock.Instant, *vnet.Network) {
		for _, p := range s.lost {
			c := p.Counters()
			n += c.Dropped[vnet.Lost]
		}
	})
	return n
}

// TestMachinesOnASwitch: two machines and eight, whose links lose every fiftieth frame, fetch each
// other's texts, and each has the sum that it should have.
func TestMachinesOnASwitch(t *testing.T) {
	h, file := hypervisor(t), imageFile(t, guests+"peer")
	for _, machines := range []int{2, 8} {
		t.Run(fmt.Sprint(machines), func(t *testing.T) {
			if machines > 2 {
				long(t)
			}
			testPeers(t, h, file, machines)
		})
	}
}

// testPeers boots machines that fetch the texts of all others.
func testPeers(t *testing.T, h *machine.Hypervisor, file string, machines int) {
	s := newLossy(t)
	consoles, list := make([]lockedBuffer, machines), make([]*machine.Machine, machines)
	for i := range machines {
		path := filepath.Join(t.TempDir(), "net")
		listener, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		var others []string
		for k := range machines {
			if k != i {
				others = append(others, "--fetch", fmt.Sprintf("10.0.2.%d", 15+k))
			}
		}
		own := fmt.Sprintf("10.0.2.%d", 15+i)
		list[i], err = h.Start(t.Context(), &machine.Config{Image: file, Memory: helloMemory,
			Seed: bytes.Repeat([]byte{byte(i + 1)}, machine.SeedBytes),
			Args: append(others, "--own", own), Env: []string{"ATOLL_IP=" + own + "/24"},
			Nets: []machine.Net{{MAC: net.HardwareAddr{0x52, 0x54, 0, 0, 0, byte(15 + i)},
				Socket: path}}}, &consoles[i])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { list[i].Kill(); list[i].Wait() })
		s.plug(t, listener, own, 0.02)
	}
	for i := range machines {
		for begun := time.Now(); !strings.Contains(consoles[i].String(), "fetched all"); {
			select {
			case <-list[i].Done():
				exit, _ := list[i].Wait()
				t.Fatalf("machine %d: %s\n%s", i, exit, consoles[i].String())
			case <-time.After(10 * time.Millisecond):
			}
			if time.Since(begun) > guestTimeout {
				t.Fatalf("machine %d has not fetched all:\n%s", i, consoles[i].String())
			}
		}
	}
	if n := s.dropped(); n == 0 {
		t.Error("no frame was lost")
	} else {
		t.Logf("%d frames were lost", n)
	}
}
