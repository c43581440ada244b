package capture

import (
	"bytes"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/atoll-os/atoll/vnet"
)

// PcapngOptions say how to write a pcapng capture. The zero value streams.
type PcapngOptions struct {
	Scope   Scope
	Epoch   time.Time // what instant 0 is called; the zero Time stands for 1970-01-01 UTC
	Comment string    // of the whole file: which run this is
	// Spool, if not nil, keeps the packets until Close, which then writes the whole file with the
	// names and the TLS keys before the packets: a reader needs both to be there first.
	Spool io.ReadWriteSeeker
}

// Pcapng writes a capture that Wireshark opens. Each port is an interface with the port's name;
// what is dropped at it lies on another one, "web.eth0 (dropped)". Packets have nanoseconds, a
// direction, and a comment where something befell them: "dropped: loss 1%", "corrupted bit 61",
// "held 40ms", "duplicate". The same events give the same bytes on every machine.
//
// What befalls a frame at a switch, or later than it was sent, is one more packet. Wireshark may
// take that for a retransmission; its comment and its interface tell.
type Pcapng struct {
	options PcapngOptions
	tap     tap
	to      outlet
	ng      *pcapgo.NgWriter // nil before the first interface
	head    bytes.Buffer     // with a spool: what comes before the keys
	final   io.Writer
	ids     map[interfaceKey]int
	keys    []string // with a spool: lines of TLS key logs
	names   []hostName
	closed  bool
	err     error
}

// outlet is where pcapgo writes, which changes as the parts of a file are put together.
type outlet struct{ w io.Writer }

func (o *outlet) Write(p []byte) (int, error) { return o.w.Write(p) }

type interfaceKey struct {
	port    *vnet.Port
	dropped bool
}

// NewPcapng returns a capture that writes to w. Close it when the run is over. After an error of
// the writer it writes no more; Close returns it.
func NewPcapng(w io.Writer, o PcapngOptions) *Pcapng {
	if o.Epoch.IsZero() {
		o.Epoch = time.Unix(0, 0)
	}
	p := &Pcapng{options: o, final: w, ids: map[interfaceKey]int{}}
	p.tap.scope, p.tap.sums, p.tap.write = o.Scope, true, p.packet
	return p
}

// Observe takes one event; it is a [vnet.Observer].
func (p *Pcapng) Observe(e vnet.Event) {
	if p.err == nil {
		p.tap.observe(&e)
	}
}

// Keys takes lines of a TLS key log (tls.Config.KeyLogWriter). Without a spool they should come
// before the packets that they open.
func (p *Pcapng) Keys(log []byte) {
	if p.options.Spool != nil {
		for line := range strings.Lines(string(log)) {
			p.keys = append(p.keys, strings.TrimSuffix(line, "\n")+"\n")
		}
		return
	}
	p.tap.flush()
	p.open()
	p.secrets(log)
}

// Name says that an address belongs to a host, in the file.
func (p *Pcapng) Name(a netip.Addr, name string) { p.names = append(p.names, hostName{a, name}) }

// Flush hands all packets so far to the writer, or to the spool.
func (p *Pcapng) Flush() error {
	p.tap.flush()
	if p.err == nil && p.ng != nil {
		p.err = p.ng.Flush()
	}
	return p.err
}

// Close writes what is left and returns the first error. It closes neither writer nor spool.
func (p *Pcapng) Close() error {
	if p.closed {
		return p.err
	}
	p.closed = true
	p.tap.flush()
	p.open()
	if p.Flush() != nil {
		return p.err
	}
	if p.options.Spool == nil {
		p.write(nameResolution(p.names))
		return p.err
	}
	p.to.w = p.final
	p.write(p.head.Bytes())
	if len(p.keys) > 0 {
		slices.Sort(p.keys) // they came in the order in which goroutines ran
		p.secrets([]byte(strings.Join(slices.Compact(p.keys), "")))
	}
	if p.Flush() != nil {
		return p.err
	}
	p.write(nameResolution(p.names))
	if p.err == nil {
		_, p.err = p.options.Spool.Seek(0, io.SeekStart)
	}
	if p.err == nil {
		_, p.err = io.Copy(p.final, p.options.Spool)
	}
	return p.err
}

func (p *Pcapng) write(b []byte) {
	if p.err == nil && len(b) > 0 {
		_, p.err = p.to.Write(b)
	}
}

func (p *Pcapng) secrets(log []byte) {
	if p.err == nil {
		p.err = p.ng.WriteDecryptionSecretsBlock(pcapgo.DSB_SECRETS_TYPE_TLS, log)
	}
}

// open writes the section header and the interface that pcapgo wants to begin with, if nothing is
// written yet. This one has no packets; that it is there tells nothing about the run.
func (p *Pcapng) open() {
	if p.ng != nil || p.err != nil {
		return
	}
	p.to.w = p.final
	if p.options.Spool != nil {
		p.to.w = &p.head
	}
	first := pcapgo.NgInterface{Name: "lab", Description: "the network itself",
		LinkType: layers.LinkTypeEthernet}
	p.ng, p.err = pcapgo.NewNgWriterInterface(&p.to, first, pcapgo.NgWriterOptions{
		SectionInfo: pcapgo.NgSectionInfo{Application: "atoll lab", Comment: p.options.Comment}})
	if p.err == nil && p.options.Spool != nil {
		p.err = p.ng.Flush()
		p.to.w = p.options.Spool
	}
}

// iface returns the number of a port's interface, and writes its description when it is new.
func (p *Pcapng) iface(port *vnet.Port, dropped bool) int {
	key := interfaceKey{port, dropped}
	if id, known := p.ids[key]; known {
		return id
	}
	i := pcapgo.NgInterface{Name: port.Name(), LinkType: layers.LinkTypeEthernet}
	i.Description = "to nothing"
	if d := port.Out(); d != nil {
		i.Description = strings.TrimSpace("to " + d.To().Name() + " " + d.Settings().String())
	}
	if dropped {
		i.Name, i.Description = port.Name()+" (dropped)", "frames that were lost at "+port.Name()
	}
	id, err := p.ng.AddInterface(i)
	p.err = err
	p.ids[key] = id
	return id
}

func (p *Pcapng) packet(r *record) {
	p.open()
	if p.err != nil {
		return
	}
	id := p.iface(r.port, r.dropped)
	if p.err != nil {
		return
	}
	flags := pcapgo.NgEpbFlags{Direction: pcapgo.NgEpbFlagDirectionOutbound}
	if r.inbound {
		flags.Direction = pcapgo.NgEpbFlagDirectionInbound
	}
	info := gopacket.CaptureInfo{Timestamp: p.options.Epoch.Add(time.Duration(r.at)),
		CaptureLength: len(r.data), Length: len(r.data), InterfaceIndex: id}
	o := pcapgo.NgPacketOptions{Flags: &flags}
	if len(r.notes) > 0 {
		o.Comments = []string{strings.Join(r.notes, ", ")}
	}
	p.err = p.ng.WritePacketWithOptions(info, r.data, o)
}
