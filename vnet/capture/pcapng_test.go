package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/wire"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// record returns the pcapng file of a story.
func record(t *testing.T, tell func(*world), o capture.PcapngOptions) []byte {
	t.Helper()
	o.Epoch, o.Comment = epoch, "TestPcapng, seed 1"
	w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
	var file bytes.Buffer
	p := capture.NewPcapng(&file, o)
	w.net.Observe(p.Observe)
	p.Name(netip.MustParseAddr("10.0.0.2"), "db")
	p.Name(netip.MustParseAddr("10.0.0.1"), "web")
	p.Name(netip.MustParseAddr("fd00::1"), "web")
	p.Name(netip.MustParseAddr("10.0.0.2"), "db")
	p.Keys([]byte("CLIENT_RANDOM b 2\nCLIENT_RANDOM a 1\n"))
	tell(w)
	p.Keys([]byte("CLIENT_RANDOM a 1\n"))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// read prints a pcapng file as a reader sees it.
func read(t *testing.T, file []byte) string {
	t.Helper()
	r, err := pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	var packets strings.Builder
	for {
		data, info, o, err := r.ReadPacketDataWithOptions()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		i, err := r.Interface(info.InterfaceIndex)
		if err != nil {
			t.Fatal(err)
		}
		way := map[pcapgo.NgEpbFlag]string{pcapgo.NgEpbFlagDirectionInbound: "in",
			pcapgo.NgEpbFlagDirectionOutbound: "out"}[o.Flags.Direction]
		fmt.Fprintf(&packets, "%v %s %s %dB: %s %q checksum %v\n", info.Timestamp.Sub(epoch),
			i.Name, way, len(data), wire.Describe(data), o.Comments, checksum(data))
	}
	var out strings.Builder
	s := r.SectionInfo()
	fmt.Fprintf(&out, "section: application %q comment %q os %q hardware %q\n",
		s.Application, s.Comment, s.OS, s.Hardware)
	for n := range r.NInterfaces() {
		i, err := r.Interface(n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "interface: %s: %s %v os %q resolution %d\n",
			i.Name, i.Description, i.LinkType, i.OS, i.TimestampResolution)
	}
	for n := range r.NNames() {
		record, err := r.Name(n)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "name: %v %v\n", record.Addr, record.Names)
	}
	return out.String() + packets.String()
}

// checksum judges the checksum of a TCP segment over IPv4; without one there is nothing wrong.
func checksum(frame []byte) bool {
	_, packet, err := wire.ParseEthernet(frame)
	if err != nil {
		return false
	}
	h, segment, err := wire.ParseIPv4(packet)
	return err != nil || wire.VerifyChecksum(h.Protocol, h.Src, h.Dst, segment)
}

// The script: pcapng [all] [super] [spool] prints the capture of a story as it is read back.
func TestPcapng(t *testing.T) {
	datadriven.RunTest(t, "testdata/pcapng.txt", func(t *testing.T, d *datadriven.TestData) string {
		o, tell := capture.PcapngOptions{}, story
		if d.HasArg("all") {
			o.Scope = capture.All
		}
		if d.HasArg("super") {
			tell = superStory
		}
		if d.HasArg("spool") {
			o.Spool = spool(t)
		}
		return read(t, record(t, tell, o))
	})
}

func spool(t *testing.T) io.ReadWriteSeeker {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "spool"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// blocks returns the types of a file's blocks in order, and where each begins.
func blocks(t *testing.T, file []byte) (types []byte, at []int) {
	t.Helper()
	for n := 0; n < len(file); {
		length := int(uint32(file[n+4]) | uint32(file[n+5])<<8 | uint32(file[n+6])<<16)
		if length < 12 || length%4 != 0 || n+length > len(file) ||
			!bytes.Equal(file[n+4:n+8], file[n+length-4:n+length]) {
			t.Fatalf("block at %d has length %d, or another at its end", n, length)
		}
		types, at = append(types, file[n]), append(at, n)
		n += length
	}
	return types, at
}

const (
	blockNames  = 4
	blockPacket = 6
	blockKeys   = 10
)

// With a spool, keys and names stand before the first packet, each key once and in order; without,
// keys stand where they came, and names at the end.
func TestOrderOfBlocks(t *testing.T) {
	file := record(t, story, capture.PcapngOptions{Spool: spool(t)})
	types, at := blocks(t, file)
	keys, names := slices.Index(types, blockKeys), slices.Index(types, blockNames)
	packet := slices.Index(types, blockPacket)
	if types[0] != 0x0a || keys < 0 || names < keys || packet < names {
		t.Errorf("blocks %v: want section, interface, keys (10), names (4), packets (6)", types)
	}
	want := "CLIENT_RANDOM a 1\nCLIENT_RANDOM b 2\n"
	if !bytes.Contains(file[:at[packet]], []byte(want)) {
		t.Errorf("the keys are not %q before the first packet", want)
	}
	if bytes.Count(file, []byte("CLIENT_RANDOM a")) != 1 {
		t.Error("a key that came twice is there twice")
	}

	types, _ = blocks(t, record(t, story, capture.PcapngOptions{}))
	keys, packet = slices.Index(types, blockKeys), slices.Index(types, blockPacket)
	if keys > packet || types[len(types)-1] != blockNames {
		t.Errorf("blocks %v: want keys before packets, names at the end", types)
	}
}

func TestSameBytes(t *testing.T) {
	for _, spooled := range []bool{false, true} {
		files := make([][]byte, 2)
		for i := range files {
			o := capture.PcapngOptions{Scope: capture.All}
			if spooled {
				o.Spool = spool(t)
			}
			files[i] = record(t, story, o)
		}
		if !bytes.Equal(files[0], files[1]) {
			t.Errorf("spool %v: the same run gave two different files", spooled)
		}
	}
}

// A capture of nothing is a whole file too.
func TestEmptyCapture(t *testing.T) {
	var file bytes.Buffer
	if err := capture.NewPcapng(&file, capture.PcapngOptions{}).Close(); err != nil {
		t.Fatal(err)
	}
	want := "section: application \"atoll lab\" comment \"\" os \"\" hardware \"\"\n" +
		"interface: lab: the network itself Ethernet os \"\" resolution 9\n"
	if got := read(t, file.Bytes()); got != want {
		t.Errorf("read back:\n%swant:\n%s", got, want)
	}
}

// Packets so far are there after a Flush, for Wireshark to show while the run goes on.
func TestFlush(t *testing.T) {
	w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
	var file bytes.Buffer
	p := capture.NewPcapng(&file, capture.PcapngOptions{})
	if err := p.Flush(); err != nil || file.Len() != 0 {
		t.Errorf("nothing to flush: %v, %d bytes", err, file.Len())
	}
	w.net.Observe(p.Observe)
	w.db.send(arp())
	w.advance(time.Second)
	if err := p.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, file.Bytes()); !strings.Contains(got, "arp who-has") {
		t.Errorf("read back without the request:\n%s", got)
	}
}

// broken is a file on a disk that has room for so many bytes.
type broken struct {
	data bytes.Buffer
	left int
}

var errFull = errors.New("disk full")

func (b *broken) Write(p []byte) (int, error) {
	if b.left -= len(p); b.left < 0 {
		return 0, errFull
	}
	return b.data.Write(p)
}

func (b *broken) Read(p []byte) (int, error)     { return b.data.Read(p) }
func (b *broken) Seek(int64, int) (int64, error) { return 0, nil }

// Wherever the disk fills up, Close says so; with a spool nothing is written before.
func TestErrors(t *testing.T) {
	attempt := func(file *broken, o capture.PcapngOptions) error {
		w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
		p := capture.NewPcapng(file, o)
		w.net.Observe(p.Observe)
		p.Name(netip.MustParseAddr("10.0.0.1"), "web")
		p.Keys([]byte("CLIENT_RANDOM a 1\n"))
		story(w)
		if o.Spool != nil && file.data.Len() > 0 {
			t.Errorf("%d bytes written before Close", file.data.Len())
		}
		err := p.Close()
		if again := p.Close(); err != nil && !errors.Is(again, err) {
			t.Errorf("the error %v is gone at the second Close: %v", err, again)
		}
		return err
	}
	large := &broken{left: 1 << 20}
	if err := attempt(large, capture.PcapngOptions{}); err != nil {
		t.Fatal(err)
	}
	for left := 0; left < large.data.Len()-100; left += 97 {
		if err := attempt(&broken{left: left}, capture.PcapngOptions{}); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: error %v, want %v", left, err, errFull)
		}
		o := capture.PcapngOptions{Spool: &broken{left: 1 << 20}}
		if err := attempt(&broken{left: left}, o); !errors.Is(err, errFull) {
			t.Errorf("with a spool, room for %d bytes: error %v, want %v", left, err, errFull)
		}
		o.Spool = &broken{left: left / 2}
		if err := attempt(&broken{left: 1 << 20}, o); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes in the spool: error %v, want %v", left/2, err, errFull)
		}
	}
	text := capture.NewText(&broken{}, capture.EachOnce)
	w := newWorld(vnet.Settings{})
	w.net.Observe(text.Observe)
	story(w)
	if err := text.Flush(); !errors.Is(err, errFull) {
		t.Errorf("text: error %v, want %v", err, errFull)
	}
}
