package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// advertised waits until a router has given the machine an IPv6 address.
func advertised() {
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(50 * time.Millisecond) {
		c, err := net.Dial("udp", host6+":7")
		if err != nil {
			continue
		}
		local := c.LocalAddr().(*net.UDPAddr).IP
		c.Close()
		if !local.IsLinkLocalUnicast() {
			return
		}
	}
	check(errors.New("no IPv6 address"))
}

// fetch gets a page by address and by name.
func fetch() {
	for _, at := range []string{host4, host6, "web.example.org"} {
		r, err := http.Get("http://" + at + "/")
		check(err)
		text, err := io.ReadAll(r.Body)
		check(err)
		r.Body.Close()
		fmt.Printf("http %s: %s", at, text)
	}
	for _, name := range []string{"web.example.org", "localhost", "peer"} {
		addrs, err := net.LookupHost(name)
		fmt.Println("lookup", addrs, err)
	}
}

// datagrams sends some and has them sent back.
func datagrams() {
	for _, at := range []string{host4, host6} {
		c, err := net.Dial("udp", at+":7")
		check(err)
		check(c.SetDeadline(time.Now().Add(20 * time.Second)))
		for _, n := range []int{0, 1, 1400, 9000} {
			text := strings.Repeat("x", n)
			_, err = c.Write([]byte(text))
			check(err)
			b := make([]byte, 10000)
			got, err := c.Read(b)
			check(err)
			fmt.Println("datagram", at, n, string(b[:got]) == text)
		}
		local := c.LocalAddr().(*net.UDPAddr)
		fmt.Println("from", !local.IP.IsUnspecified() && local.Port != 0, "to", c.RemoteAddr())
		c.Close()
	}
	c, err := net.ListenUDP("udp", nil)
	check(err)
	check(c.SetDeadline(time.Now().Add(20 * time.Second)))
	_, err = c.WriteToUDP([]byte("unconnected"), &net.UDPAddr{IP: net.ParseIP(host4), Port: 7})
	check(err)
	b := make([]byte, 4)
	n, _, flags, from, err := c.ReadMsgUDP(b, nil)
	fmt.Printf("%s, cut %v, from %v %v\n", b[:n], flags&syscall.MSG_TRUNC != 0, from, err)
	// Within the machine.
	self := &net.UDPAddr{IP: net.IPv6loopback, Port: c.LocalAddr().(*net.UDPAddr).Port}
	_, _, err = c.WriteMsgUDP([]byte("self"), nil, self)
	check(err)
	n, from, err = c.ReadFromUDP(b)
	fmt.Printf("%s, from itself %v %v\n", b[:n], from.String() == self.String(), err)
	c.Close()
}

// failures are what a kernel would say.
func failures() {
	_, err := net.Dial("tcp", host4+":1")
	fmt.Println("refused", errors.Is(err, syscall.ECONNREFUSED))
	_, err = net.Dial("tcp", "[2001:db8::1]:80")
	fmt.Println("unreachable", errors.Is(err, syscall.ENETUNREACH), err)
	_, err = net.DialTimeout("tcp", "10.0.2.99:80", 200*time.Millisecond)
	var wrong net.Error
	fmt.Println("timeout", errors.As(err, &wrong) && wrong.Timeout())
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, err = new(net.Dialer).DialContext(ctx, "tcp", "10.0.2.99:80")
	fmt.Println("canceled", err)
	l, err := net.Listen("tcp", ":81")
	check(err)
	_, err = net.Listen("tcp", ":81")
	fmt.Println("in use", errors.Is(err, syscall.EADDRINUSE))
	l.Close()
	l, err = net.Listen("tcp", ":81")
	check(err)
	l.Close()
	_, err = net.Listen("tcp", "10.9.9.9:81")
	fmt.Println("not ours", errors.Is(err, syscall.EADDRNOTAVAIL), err)
	_, err = net.ListenPacket("udp", "10.9.9.9:81")
	fmt.Println("not ours", errors.Is(err, syscall.EADDRNOTAVAIL), err)
	c, err := net.Dial("udp", host4+":1")
	check(err)
	check(c.SetDeadline(time.Now().Add(5 * time.Second)))
	_, err = c.Write([]byte("nobody"))
	check(err)
	_, err = c.Read(make([]byte, 10))
	fmt.Println("nobody there", errors.Is(err, syscall.ECONNREFUSED))
	c.Close()
}

func dial(port string) *net.TCPConn {
	c, err := net.Dial("tcp", host4+":"+port)
	check(err)
	check(c.SetDeadline(time.Now().Add(20 * time.Second)))
	return c.(*net.TCPConn)
}

// ends are the ways in which a connection ends.
func ends() {
	c := dial("10") // counts what comes before the end
	fmt.Println("peer", c.RemoteAddr(), "local", c.LocalAddr().(*net.TCPAddr).IP)
	_, err := c.Write(make([]byte, 100_000))
	check(err)
	check(c.CloseWrite())
	text, err := io.ReadAll(c)
	fmt.Println("half close:", string(text), err)
	c.Close()
	c = dial("9") // closes with something unread
	_, err = c.Write(make([]byte, 1000))
	check(err)
	_, err = io.ReadAll(c)
	fmt.Println("reset", errors.Is(err, syscall.ECONNRESET))
	_, err = c.Write([]byte("more"))
	fmt.Println("broken", errors.Is(err, syscall.EPIPE))
	c.Close()
	c = dial("12") // says whether it was reset
	_, err = io.ReadFull(c, make([]byte, 1))
	check(err)
	c.Close()
	c = dial("12")
	check(c.SetLinger(0))
	c.Close()
	c = dial("12")
	_, err = io.ReadAll(io.LimitReader(c, 1000))
	check(err)
	c.Close()
}

// slow: a peer that does not read stops who writes.
func slow() {
	c := dial("11")
	check(c.SetDeadline(time.Now().Add(2 * time.Second)))
	n, b := 0, make([]byte, 10_000)
	for {
		m, err := c.Write(b)
		if n += m; err != nil {
			fmt.Println("stopped", n > 0 && n < 8<<20, errors.Is(err, os.ErrDeadlineExceeded))
			break
		}
	}
	c.Close()
}
