package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"time"
)

// serve offers services at several ports, until /stop.
func serve() {
	go listen(":8", func(c *net.TCPConn) { io.Copy(c, c) })
	go listen(":9", func(c *net.TCPConn) { c.Read(make([]byte, 1)) }) // and closes with more unread
	go listen(":10", func(c *net.TCPConn) {                           // reads late
		time.Sleep(time.Second)
		n, err := io.Copy(io.Discard, c)
		fmt.Fprint(c, n, " ", err)
	})
	go echo()
	http.HandleFunc("/from", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, r.RemoteAddr)
	})
	http.HandleFunc("/room", func(w http.ResponseWriter, r *http.Request) {
		sockets, pipes := room()
		fmt.Fprintln(w, sockets, pipes)
	})
	http.HandleFunc("/stop", func(http.ResponseWriter, *http.Request) { os.Exit(0) })
	log.Fatal(http.ListenAndServe(":80", nil))
}

func listen(address string, serve func(c *net.TCPConn)) {
	l, err := net.Listen("tcp", address)
	check(err)
	for {
		c, err := l.Accept()
		check(err)
		go func() {
			serve(c.(*net.TCPConn))
			c.Close()
		}()
	}
}

// echo sends datagrams back.
func echo() {
	c, err := net.ListenPacket("udp", ":7")
	check(err)
	b := make([]byte, 65536)
	for {
		n, from, err := c.ReadFrom(b)
		check(err)
		_, err = c.WriteTo(b[:n], from)
		check(err)
	}
}

// room counts how many sockets and how many pipes can be made now. Package net keeps some pipes for
// its next copy from one connection to another, until the second collection of garbage.
func room() (sockets, pipes int) {
	for range 4 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // for finalizers
	}
	var all []int
	for {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err != nil {
			break
		}
		all = append(all, fd)
		sockets++
	}
	for _, fd := range all {
		syscall.Close(fd)
	}
	all = nil
	for {
		var p [2]int
		if syscall.Pipe2(p[:], 0) != nil {
			break
		}
		all = append(all, p[0], p[1])
		pipes++
	}
	for _, fd := range all {
		syscall.Close(fd)
	}
	return sockets, pipes
}
