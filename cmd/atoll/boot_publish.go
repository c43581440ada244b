package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
)

// portPair is a value of --publish.
type portPair struct {
	at      string // address of the host
	host    uint16
	machine string // empty: the first
	guest   uint16
}

// parsePublish reads [ADDRESS:]HOST:[MACHINE:]GUEST. Without an address it is the loopback. A
// machine's name begins with a letter, so that it is no port.
func parsePublish(text string) (p portPair, err error) {
	wrong := usagef("--publish 8080:80 leads from port 8080 of this host to port 80 of the first "+
		"machine, 8080:web:80 to one of the machine web", "--publish %s is no pair of ports", text)
	words := strings.Split(text, ":")
	if n := len(words); n > 2 && validName(words[n-2]) {
		p.machine = words[n-2]
		words = append(words[:n-2], words[n-1])
	}
	p.at = "127.0.0.1"
	if n := len(words); n > 2 {
		p.at = strings.Trim(strings.Join(words[:n-2], ":"), "[]")
		words = words[n-2:]
	}
	if len(words) < 2 {
		return p, wrong
	}
	for i, to := range []*uint16{&p.host, &p.guest} {
		n, err := strconv.ParseUint(words[i], 10, 16)
		if err != nil || n == 0 && i == 1 {
			return p, wrong
		}
		*to = uint16(n)
	}
	if _, err := netip.ParseAddr(p.at); err != nil {
		return p, wrong
	}
	return p, nil
}

// pairs reads --publish, each value with the machine that it leads to.
func (o *bootFlags) pairs(guests []*guest) (pairs []portPair, to []*guest, err error) {
	for _, text := range o.publish {
		p, err := parsePublish(text)
		if err != nil {
			return nil, nil, err
		}
		g := guests[0]
		if p.machine != "" {
			if g, err = find(guests, p.machine, "--publish "+text); err != nil {
				return nil, nil, err
			}
		}
		pairs, to = append(pairs, p), append(to, g)
	}
	return pairs, to, nil
}

// listenAt is the address of the host.
func (p *portPair) listenAt() string {
	return net.JoinHostPort(p.at, strconv.Itoa(int(p.host)))
}

// publishHint says what to do about a port that cannot be had.
func publishHint(err error, p portPair) error {
	rest := fmt.Sprint(p.guest)
	if p.machine != "" {
		rest = p.machine + ":" + rest
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &hinted{fmt.Errorf("port %d is taken", p.host),
			fmt.Sprintf("--publish %d:%s", int(p.host)+1, rest), exitFailed}
	case errors.Is(err, syscall.EACCES):
		return &hinted{err, fmt.Sprintf("--publish %d:%s needs no rights", 8000+int(p.host), rest),
			exitFailed}
	}
	return err
}
