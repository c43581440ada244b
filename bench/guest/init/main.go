//go:build linux

// Command init is the first process of the Linux that the benchmark compares with: it loads the
// drivers of the network card, gives the card its address, and becomes the program.
//
// The drivers are the files of /modules in the order of their names. The address is in the variable
// ATOLL_IP, as on Atoll's kernel: 10.0.2.15/24,10.0.2.2.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

const (
	modules = "/modules"
	program = "/program"
	card    = "eth0"

	loadModule = 313              // finit_module, which package syscall does not name
	cardWait   = 10 * time.Second // for the card, once its driver is loaded
)

func main() {
	err := start()
	fmt.Fprintln(os.Stderr, "init: error:", err)
	syscall.Reboot(syscall.LINUX_REBOOT_CMD_RESTART) // an error leaves it to the kernel's panic
}

// start returns only with an error.
func start() error {
	files, err := os.ReadDir(modules)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := load(filepath.Join(modules, f.Name())); err != nil {
			return err
		}
	}
	text, _, _ := strings.Cut(os.Getenv("ATOLL_IP"), ",")
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return err
	}
	for begun := time.Now(); ; time.Sleep(time.Millisecond) {
		if err = address(card, prefix); err == nil {
			break
		}
		if !errors.Is(err, syscall.ENODEV) || time.Since(begun) > cardWait {
			return fmt.Errorf("give %s the address %v: %w", card, prefix, err)
		}
	}
	if err := address("lo", netip.MustParsePrefix("127.0.0.1/8")); err != nil {
		return err
	}
	return syscall.Exec(program, []string{filepath.Base(program)}, os.Environ())
}

// load loads a module.
func load(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	none := [1]byte{} // no parameters
	_, _, errno := syscall.Syscall(loadModule, f.Fd(), uintptr(unsafe.Pointer(&none)), 0)
	if errno != 0 {
		return fmt.Errorf("load %s: %w", name, errno)
	}
	return nil
}

// request is what the kernel is asked about an interface: struct ifreq.
type request struct {
	name  [syscall.IFNAMSIZ]byte
	value [24]byte // a sockaddr, or flags
}

// address gives an interface an address, and turns it on.
func address(name string, p netip.Prefix) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	mask := ^uint32(0) << (32 - p.Bits())
	var of [4]byte
	binary.BigEndian.PutUint32(of[:], mask)
	for _, a := range []struct {
		call  uintptr
		value [4]byte
	}{{syscall.SIOCSIFADDR, p.Addr().As4()}, {syscall.SIOCSIFNETMASK, of}} {
		r := request{}
		binary.NativeEndian.PutUint16(r.value[:], syscall.AF_INET)
		copy(r.value[4:], a.value[:])
		if err := r.ask(fd, a.call, name); err != nil {
			return err
		}
	}
	r := request{}
	binary.NativeEndian.PutUint16(r.value[:], syscall.IFF_UP)
	return r.ask(fd, syscall.SIOCSIFFLAGS, name)
}

func (r *request) ask(fd int, call uintptr, name string) error {
	copy(r.name[:], name)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), call, uintptr(unsafe.Pointer(r)))
	if errno != 0 {
		return errno
	}
	return nil
}
