package image

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/atoll-os/atoll/host"
)

// peer is the other end of the wire, as the program exercise wants it.
type peer struct {
	t    testing.TB
	host *host.Host
	// enough ends the connections to port 11, from which nobody reads.
	enough chan struct{}

	mu     sync.Mutex
	resets []bool // how the connections to port 12 have ended
}

// listen serves a port of the peer.
func (p *peer) listen(port int, serve func(c *host.TCPConn)) {
	l, err := p.host.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		p.t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serve(c.(*host.TCPConn))
		}
	}()
}

// serve begins all services.
func (p *peer) serve() {
	l, err := p.host.Listen("tcp", ":80")
	if err != nil {
		p.t.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "from outside")
	}))
	p.listen(9, func(c *host.TCPConn) {
		c.Read(make([]byte, 1))
		time.Sleep(50 * time.Millisecond)
		c.Close()
	})
	p.listen(10, func(c *host.TCPConn) {
		n, err := io.Copy(io.Discard, c)
		fmt.Fprint(c, n, " ", err)
		c.Close()
	})
	p.listen(11, func(c *host.TCPConn) {
		<-p.enough
		c.Close()
	})
	p.listen(12, func(c *host.TCPConn) {
		c.Write(make([]byte, 1000))
		c.CloseWrite()
		_, err := c.Read(make([]byte, 1))
		p.mu.Lock()
		defer p.mu.Unlock()
		p.resets = append(p.resets, errors.Is(err, syscall.ECONNRESET))
		c.Close()
	})
	p.packets(7, func(b []byte) []byte { return b })
	p.packets(53, p.name)
}

// packets answers datagrams.
func (p *peer) packets(port int, answer func(b []byte) []byte) {
	c, err := p.host.ListenPacket("udp", fmt.Sprintf(":%d", port))
	if err != nil {
		p.t.Fatal(err)
	}
	go func() {
		b := make([]byte, 65536)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			c.WriteTo(answer(b[:n]), from)
		}
	}()
}

// name is a DNS server that knows one name.
func (p *peer) name(b []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(b) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	q := m.Questions[0]
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch {
	case q.Name.String() != "web.example.org.":
		m.RCode = dnsmessage.RCodeNameError
	case q.Type == dnsmessage.TypeA:
		m.Answers = []dnsmessage.Resource{{Header: head,
			Body: &dnsmessage.AResource{A: [4]byte{10, 0, 2, 2}}}}
	case q.Type == dnsmessage.TypeAAAA:
		m.Answers = []dnsmessage.Resource{{Header: head, Body: &dnsmessage.AAAAResource{
			AAAA: netip.MustParseAddr("fd00:2::1").As16()}}}
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// tcp connects to the machine.
func (p *peer) tcp(address string) *host.TCPConn {
	p.t.Helper()
	c, err := p.host.DialTimeout("tcp", address, guestTimeout)
	if err != nil {
		p.t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(guestTimeout))
	return c.(*host.TCPConn)
}

// page gets a page of the program's.
func (p *peer) page(address, name string) string {
	p.t.Helper()
	client := http.Client{Timeout: guestTimeout,
		Transport: &http.Transport{DialContext: p.host.DialContext, DisableKeepAlives: true}}
	r, err := client.Get("http://" + address + "/" + name)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// names: the program sees who has connected, and IPv4 as IPv4 though its listener is for both.
func (p *peer) names(address string) {
	c := p.tcp(address)
	defer c.Close()
	fmt.Fprintf(c, "GET /from HTTP/1.0\r\n\r\n")
	text, err := io.ReadAll(c)
	if want := c.LocalAddr().String() + "\n"; err != nil || !strings.HasSuffix(string(text), want) {
		p.t.Errorf("%v, the program's peer is\n%s\nwant %s", err, text, want)
	}
}

// echoes: datagrams to the program and back.
func (p *peer) echoes() {
	c, err := p.host.Dial("udp", "10.0.2.15:7")
	if err != nil {
		p.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(guestTimeout))
	b := make([]byte, 65536)
	for _, n := range []int{0, 1, 1472, 8000} {
		text := strings.Repeat("y", n)
		if _, err := c.Write([]byte(text)); err != nil {
			p.t.Fatal(err)
		}
		if got, err := c.Read(b); err != nil || string(b[:got]) != text {
			p.t.Errorf("%d bytes came back of %d: %v", got, n, err)
		}
	}
}

// through: many bytes to the program and back, both at once.
func (p *peer) through(bytes int64) {
	c := p.tcp("10.0.2.15:8")
	defer c.Close()
	begun, sent := time.Now(), crc32.NewIEEE()
	go func() {
		random := rand.New(rand.NewPCG(1, 2))
		b := make([]byte, 64<<10)
		for left := bytes; left > 0; left -= int64(len(b)) {
			for i := 0; i < len(b); i += 8 {
				binary.LittleEndian.PutUint64(b[i:], random.Uint64())
			}
			sent.Write(b)
			if _, err := c.Write(b); err != nil {
				p.t.Errorf("sending: %v", err)
				break
			}
		}
		c.CloseWrite()
	}()
	got := crc32.NewIEEE()
	n, err := io.Copy(got, c) // its end is behind that of the sender
	if err != nil || n != bytes || got.Sum32() != sent.Sum32() {
		p.t.Errorf("%d bytes came back of %d: %v, checksums %x and %x", n, bytes, err, got.Sum32(),
			sent.Sum32())
	}
	p.t.Logf("%d bytes there and back in %v", n, time.Since(begun))
}

// late: a program that does not read yet stops who writes, and then gets everything; one that
// closes before it has read everything resets.
func (p *peer) late() {
	const most = 32 << 20
	c := p.tcp("10.0.2.15:10")
	defer c.Close()
	c.SetWriteDeadline(time.Now().Add(500 * time.Millisecond))
	n, b := 0, make([]byte, 64<<10)
	var err error
	for n < most && err == nil {
		var m int
		m, err = c.Write(b)
		n += m
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		p.t.Errorf("%d bytes went out, %v; want a writer who waits", n, err)
	}
	c.CloseWrite()
	text, err := io.ReadAll(c)
	if want := fmt.Sprint(n, " <nil>"); err != nil || string(text) != want {
		p.t.Errorf("the program has read %q, %v; want %s", text, err, want)
	}
	c = p.tcp("10.0.2.15:9")
	defer c.Close()
	if _, err := c.Write(b); err != nil {
		p.t.Fatal(err)
	}
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		p.t.Errorf("closed with bytes unread: %v, want a reset", err)
	}
}

// many opens and closes connections, some at a time, which end in one way or the other.
func (p *peer) many(count int) {
	const clients = 16
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for i := k; i < count; i += clients {
				c, err := p.host.DialTimeout("tcp", "10.0.2.15:8", guestTimeout)
				if err != nil {
					p.t.Errorf("connection %d: %v", i, err)
					return
				}
				c.SetDeadline(time.Now().Add(guestTimeout))
				io.WriteString(c, "word")
				if i%3 != 0 {
					if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
						p.t.Errorf("connection %d: %v", i, err)
					}
				}
				if i%3 == 1 {
					c.(*host.TCPConn).SetLinger(0)
				}
				c.Close()
			}
		})
	}
	all.Wait()
}

// room returns how many sockets and pipes the program can make, once nothing is on its way.
func (p *peer) room() string {
	p.t.Helper()
	last, same := "", 0
	for range 100 {
		now := p.page("10.0.2.15:80", "room")
		if same++; now != last {
			last, same = now, 0
		}
		if same == 5 {
			return now
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Errorf("the number of sockets does not settle: %s", last)
	return last
}
