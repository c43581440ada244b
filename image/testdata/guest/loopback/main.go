// Command loopback is a guest with an HTTP server and its client, over the kernel's own sockets.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:8080")
	check(err)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(w, r.Body)
		w.Header().Set("X", fmt.Sprint(n))
	})
	go http.Serve(listener, nil)
	body := strings.Repeat("0123456789", 50000)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 5 {
				r, err := http.Post("http://127.0.0.1:8080/", "text/plain", strings.NewReader(body))
				check(err)
				got, err := io.ReadAll(r.Body)
				check(err)
				r.Body.Close()
				if string(got) != body {
					fmt.Println("the answer has", len(got), "bytes, want", len(body))
				}
			}
		})
	}
	all.Wait()
	_, err = net.Dial("tcp", "127.0.0.1:9")
	fmt.Println("refused", errors.Is(err, syscall.ECONNREFUSED))
	_, err = net.Dial("tcp", "192.0.2.1:80")
	fmt.Println("unreachable", errors.Is(err, syscall.ENETUNREACH))
	fmt.Println("done", listener.Addr())
}

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
