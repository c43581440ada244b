// Command exercise is an ordinary program that does with package net what programs do, first as a
// client of the host at the other end of the wire, then as a server. It knows nothing of Atoll.
package main

import (
	"fmt"
	"os"
)

// The host at the other end.
const (
	host4 = "10.0.2.2"
	host6 = "[fd00:2::1]"
)

func main() {
	advertised()
	fetch()
	datagrams()
	failures()
	ends()
	slow()
	serve()
}

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}
