package image

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	ether "github.com/atoll-os/atoll/wire"
)

// twin is a machine with secrets, which is copied; its command line is that of atoll boot.
type twin struct {
	cmd     *exec.Cmd // ended with the test
	console lockedBuffer
	monitor net.Conn
	said    *bufio.Scanner // by the monitor
	host    *host.Host     // at the other end of its wire
}

// startTwin starts a machine of a kind, or with incoming goes on with one that was saved. Words of
// the command line that are in without are left out.
func startTwin(t *testing.T, image, kind, incoming, without string) *twin {
	t.Helper()
	h, dir := hypervisor(t), t.TempDir()
	listeners := map[string]net.Listener{}
	for _, name := range []string{"qmp", "control", "net"} {
		l, err := net.Listen("unix", filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		listeners[name] = l
	}
	for name, text := range map[string][]byte{"args": nil, "seed": bytes.Repeat([]byte{7}, 64),
		"env": []byte("ATOLL_IP=10.0.2.15/24,10.0.2.2\x00")} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	line := h.Command(&machine.Config{Image: image, Memory: helloMemory, Machine: kind,
		Nets: []machine.Net{{MAC: helloMAC[:], Socket: filepath.Join(dir, "net")}}}, dir)
	if at := slices.Index(line, without); at > 0 {
		line = slices.Delete(line, at-1, at+1)
	}
	if incoming != "" {
		line = append(line, "-incoming", "exec:cat "+incoming)
	}
	ctx, cancel := context.WithTimeout(t.Context(), guestTimeout)
	t.Cleanup(cancel)
	w := &twin{cmd: exec.CommandContext(ctx, line[0], line[1:]...)}
	w.cmd.Stdout, w.cmd.Stderr = &w.console, &w.console
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.end)
	accept := func(name string) net.Conn {
		listeners[name].(*net.UnixListener).SetDeadline(time.Now().Add(guestTimeout))
		conn, err := listeners[name].Accept()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	w.monitor = accept("qmp")
	w.monitor.SetDeadline(time.Now().Add(guestTimeout))
	accept("control")
	w.said = bufio.NewScanner(w.monitor)
	w.do(t, "qmp_capabilities", "")
	w.connect(t, accept("net"))
	return w
}

// end kills the machine.
func (w *twin) end() {
	w.cmd.Process.Kill()
	w.cmd.Wait()
}

// connect puts a host at the other end of the machine's wire.
func (w *twin) connect(t *testing.T, conn net.Conn) {
	n := host.Real(prng.New(1))
	w.host = host.New(n, host.Config{Name: "router", Stack: tcpip.Config{}})
	port := w.host.AddInterface(tcpip.Interface{Name: "eth0", MAC: ether.MAC{2, 0, 0, 0, 0, 2},
		MTU: 1500, NoDAD: true, Addrs: []netip.Prefix{netip.MustParsePrefix("10.0.2.2/24")}})
	d := device.Attach(n, "wire", device.NewStream(conn))
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: 1500})
	})
	t.Cleanup(func() { d.Close(); n.Close() })
}

// do has QEMU's monitor do a command and returns its answer.
func (w *twin) do(t *testing.T, command, arguments string) json.RawMessage {
	t.Helper()
	if arguments == "" {
		arguments = "{}"
	}
	fmt.Fprintf(w.monitor, "{\"execute\": %q, \"arguments\": %s}\n", command, arguments)
	for w.said.Scan() {
		var answer struct{ Return, Error json.RawMessage }
		if json.Unmarshal(w.said.Bytes(), &answer) != nil || answer.Error != nil {
			t.Fatalf("%s: %s", command, w.said.Bytes())
		}
		if answer.Return != nil {
			return answer.Return
		}
	}
	t.Fatalf("%s: QEMU has ended: %s", command, w.console.String())
	return nil
}

// save writes the machine to a file as it runs, and ends it.
func (w *twin) save(t *testing.T, file string) {
	t.Helper()
	w.do(t, "migrate", fmt.Sprintf(`{"uri": %q}`, "exec:cat >"+file))
	for range 600 {
		var state struct{ Status string }
		json.Unmarshal(w.do(t, "query-migrate", ""), &state)
		if state.Status == "completed" {
			w.end()
			return
		}
		if state.Status == "failed" {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the machine cannot be saved")
}

// secrets are what a server says in one connection.
type secrets struct {
	random, share          string // of the ServerHello
	fromKernel, fromStream string
	copies                 string
	seconds                int64 // since 1970
	resumed                bool
}

// tee keeps what is read from a connection.
type tee struct {
	net.Conn
	read bytes.Buffer
}

func (c *tee) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Write(p[:n])
	return n, err
}

// ask connects with the server, resuming a session if the cache has one.
func (w *twin) ask(t *testing.T, cache tls.ClientSessionCache) (s secrets) {
	t.Helper()
	var plain net.Conn
	var err error
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		plain, err = w.host.DialContext(ctx, "tcp", "10.0.2.15:443")
		cancel()
		if err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, w.console.String())
	}
	raw := &tee{Conn: plain}
	raw.SetDeadline(time.Now().Add(20 * time.Second))
	conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, ServerName: "copied.example.org",
		ClientSessionCache: cache, CurvePreferences: []tls.CurveID{tls.X25519}})
	defer conn.Close()
	text, err := io.ReadAll(conn)
	fields := strings.Fields(string(text))
	if err != nil || len(fields) != 4 {
		t.Fatalf("the server says %q, %v\n%s", text, err, w.console.String())
	}
	s.random, s.share = serverHello(t, raw.read.Bytes())
	s.fromKernel, s.fromStream, s.copies = fields[0], fields[1], fields[2]
	s.seconds, _ = strconv.ParseInt(fields[3], 10, 64)
	s.resumed = conn.ConnectionState().DidResume
	return s
}

// serverHello returns the random bytes and the key share of a ServerHello (RFC 8446 §4.1.3).
func serverHello(t *testing.T, record []byte) (random, share string) {
	t.Helper()
	const headers, randomBytes, keyShare = 5 + 4 + 2, 32, 51
	b := record[headers:]
	random, b = string(b[:randomBytes]), b[randomBytes:]
	b = b[1+int(b[0])+2+1+2:] // session, cipher, compression, length of the extensions
	for len(b) > 4 {
		kind, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if kind == keyShare {
			return random, string(b[4 : 4+length])
		}
		b = b[4+length:]
	}
	t.Fatalf("no key share in %x", record)
	return "", ""
}

func newCache() tls.ClientSessionCache { return tls.NewLRUClientSessionCache(4) }

// TestCopiedMachines: a machine is saved and restored twice. What the two say has nothing in common
// if they have a generation identifier, and neither takes tickets of the other or of before.
// Without it they have the same keys: that is what the identifier is for.
func TestCopiedMachines(t *testing.T) {
	image := imageFile(t, guests+"copied")
	file := filepath.Join(t.TempDir(), "saved")
	twins := func(t *testing.T, kind, without string) (before tls.ClientSessionCache, a, b *twin) {
		original, cache := startTwin(t, image, kind, "", without), newCache()
		original.ask(t, cache)
		if got := original.ask(t, cache); !got.resumed || got.copies != "0" {
			t.Fatalf("the original says %+v", got)
		}
		original.save(t, file)
		a = startTwin(t, image, kind, file, without)
		return cache, a, startTwin(t, image, kind, file, without)
	}
	t.Run("told", func(t *testing.T) {
		before, a, b := twins(t, machine.Q35, "")
		time.Sleep(4 * time.Second) // for the clock
		cache := newCache()
		one, two := a.ask(t, cache), b.ask(t, newCache())
		if late := time.Now().Unix() - two.seconds; late < -3 || late > 3 {
			t.Errorf("the clock of a copy is %d s late", late)
		}
		for what, pair := range map[string][2]string{"server randoms": {one.random, two.random},
			"key shares": {one.share, two.share}, "bytes of getrandom": {one.fromKernel, two.fromKernel},
			"bytes of the stream": {one.fromStream, two.fromStream}} {
			if pair[0] == pair[1] {
				t.Errorf("two copies have the same %s", what)
			}
		}
		if one.copies != "1" || two.copies != "1" {
			t.Errorf("they found %s and %s copies", one.copies, two.copies)
		}
		if !a.ask(t, cache).resumed || b.ask(t, cache).resumed {
			t.Error("tickets of one are not for that one alone")
		}
		if a.ask(t, before).resumed {
			t.Error("a copy takes tickets of before")
		}
		for _, w := range []*twin{a, b} {
			if said := w.console.String(); !strings.Contains(said, "this machine is a copy") ||
				!strings.Contains(said, "told of copy 1") {
				t.Errorf("the console says:\n%s", said)
			}
		}
	})
	t.Run("not told", func(t *testing.T) {
		_, a, b := twins(t, machine.Q35, "vmgenid,guid=auto")
		cache := newCache()
		one := a.ask(t, cache)
		two := b.ask(t, newCache())
		t.Logf("the same: random %v, share %v, getrandom %v, stream %v", one.random == two.random,
			one.share == two.share, one.fromKernel == two.fromKernel, one.fromStream == two.fromStream)
		if !b.ask(t, cache).resumed {
			t.Error("the copies have other keys: this test would not see what it is for")
		}
	})
}
