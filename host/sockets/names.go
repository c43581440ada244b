//go:build linux

package sockets

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Files that package net asks about names. Those that an image brings stay as they are.
const (
	hostsFile   = "/etc/hosts"
	serversFile = "/etc/resolv.conf"
	hostsText   = "127.0.0.1 localhost\n::1 localhost\n"
)

// Names keeps the files of /etc by which package net finds names.
type Names struct {
	mu      sync.Mutex
	root    string // before the files' names
	written bool   // the file of servers is ours
}

// Hosts writes /etc/hosts, with localhost, if the image has none.
func (n *Names) Hosts() error { return n.write(hostsFile, hostsText) }

// Servers writes /etc/resolv.conf. Package net looks at it every five seconds.
func (n *Names) Servers(servers []netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var text strings.Builder
	for _, s := range servers {
		fmt.Fprintf(&text, "nameserver %s\n", s)
	}
	if n.written {
		return os.WriteFile(n.root+serversFile, []byte(text.String()), 0o644)
	}
	err := n.write(serversFile, text.String())
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	n.written = err == nil
	return err
}

// write writes a file that is not there.
func (n *Names) write(name, text string) error {
	if err := os.MkdirAll(n.root+filepath.Dir(name), 0o755); err != nil {
		return fmt.Errorf("sockets: make a folder for names: %w", err)
	}
	f, err := os.OpenFile(n.root+name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("sockets: write names: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}
