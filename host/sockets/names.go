//go:build linux

package sockets

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Files that package net asks about names. Those that an image brings stay as they are.
const (
	hostsFile   = "/etc/hosts"
	serversFile = "/etc/resolv.conf"
	hostsText   = "127.0.0.1 localhost\n::1 localhost\n"
)

// names keeps the files of /etc by which package net finds names.
type names struct {
	mu      sync.Mutex
	root    string // before the files' names
	written bool   // the file of servers is ours
}

// hosts writes /etc/hosts, with localhost and a table, if the image has none.
func (n *names) hosts(table map[string][]netip.Addr) error {
	var text strings.Builder
	text.WriteString(hostsText)
	for _, name := range slices.Sorted(maps.Keys(table)) {
		for _, addr := range table[name] {
			fmt.Fprintf(&text, "%s %s\n", addr, name)
		}
	}
	_, err := n.add(hostsFile, text.String())
	return err
}

// servers writes /etc/resolv.conf. Package net looks at it every five seconds.
func (n *names) servers(list []netip.Addr) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var text strings.Builder
	for _, s := range list {
		fmt.Fprintf(&text, "nameserver %s\n", s)
	}
	if n.written {
		return os.WriteFile(n.root+serversFile, []byte(text.String()), 0o644)
	}
	written, err := n.add(serversFile, text.String())
	n.written = written
	return err
}

// add writes a file that is not there; one that is stays as it is.
func (n *names) add(name, text string) (written bool, err error) {
	if err := os.MkdirAll(n.root+filepath.Dir(name), 0o755); err != nil {
		return false, fmt.Errorf("sockets: make a folder for names: %w", err)
	}
	f, err := os.OpenFile(n.root+name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("sockets: write names: %w", err)
	}
	_, err = f.WriteString(text)
	return true, errors.Join(err, f.Close())
}
