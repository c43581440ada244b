package lan

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// MachinesMax bounds the machines of a network.
const MachinesMax = 200

// mtu of the network, in bytes.
const mtu = 1500

// Addresses: those that QEMU's own network has.
const (
	gatewayNumber = 2
	firstNumber   = 15
	networkBits   = 24
)

// address returns the address with that number in the network.
func address(number int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 2, byte(number)}) }

// mac returns the address of the card with that number.
func mac(number int) wire.MAC { return wire.MAC{0x52, 0x54, 0, 0, 0, byte(number)} }

// LAN is a network for machines.
type LAN struct {
	network *host.Network
	gateway *host.Host
	node    *vnet.Switch
	dir     string // of the sockets; only its owner gets in

	mu      sync.Mutex
	devices []*device.Device // of machines
	ports   []*Published
}

// New starts a network. The seed must be secret: sequence numbers and ports follow from it.
func New(seed [32]byte) (*LAN, error) {
	dir, err := os.MkdirTemp("", "atoll-lan-")
	if err != nil {
		return nil, fmt.Errorf("lan: make a directory: %w", err)
	}
	l := &LAN{network: host.Real(prng.New(1)), dir: dir}
	l.gateway = host.New(l.network, host.Config{Name: "gateway",
		Stack: tcpip.Config{Secret: seed}})
	port := l.gateway.AddInterface(tcpip.Interface{Name: "lan", MAC: mac(gatewayNumber), MTU: mtu,
		Addrs: []netip.Prefix{netip.PrefixFrom(address(gatewayNumber), networkBits)}, NoDAD: true})
	l.network.Do(func(_ clock.Instant, n *vnet.Network) {
		l.node = vnet.NewSwitch(n, "switch")
	})
	l.plug("gateway", port)
	return l, nil
}

// plug connects a port with the next one of the switch.
func (l *LAN) plug(name string, port *vnet.Port) {
	l.network.Do(func(_ clock.Instant, n *vnet.Network) {
		n.Connect(l.node.AddPort(name), port, vnet.Settings{MTU: mtu})
	})
}

// Place is where a machine is plugged in.
type Place struct {
	Socket  string           // path of the Unix socket that its card connects to
	MAC     net.HardwareAddr // of its card
	Address netip.Prefix
	Router  netip.Addr
}

// Add makes a place for one more machine. What connects to its socket is the machine's card; if it
// connects again, that takes the place of the first.
func (l *LAN) Add() (*Place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := firstNumber + len(l.devices)
	if len(l.devices) == MachinesMax {
		return nil, fmt.Errorf("lan: over %d machines", MachinesMax)
	}
	hardware := mac(number)
	p := &Place{Socket: filepath.Join(l.dir, fmt.Sprint(number)), MAC: hardware[:],
		Address: netip.PrefixFrom(address(number), networkBits), Router: address(gatewayNumber)}
	listener, err := net.Listen("unix", p.Socket)
	if err != nil {
		return nil, fmt.Errorf("lan: listen for a machine: %w", err)
	}
	name := fmt.Sprintf("machine%d", number)
	d := device.Attach(l.network, name, device.NewSocket(listener))
	l.plug(name, d.Port())
	l.devices = append(l.devices, d)
	return p, nil
}

// Close ends the network with all that was published.
func (l *LAN) Close() error {
	l.mu.Lock()
	devices, ports := l.devices, l.ports
	l.mu.Unlock()
	for _, p := range ports {
		p.Close()
	}
	for _, d := range devices {
		d.Close()
	}
	err := l.network.Close()
	os.RemoveAll(l.dir)
	return err
}
