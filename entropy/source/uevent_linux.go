package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// ueventBytesMax is the longest message that is read; the kernel's own limit is 2 KiB.
const ueventBytesMax = 8 << 10

// vmUevent hears of copies from the kernel.
type vmUevent struct {
	file   *os.File // a netlink socket
	copies atomic.Uint64
}

// VMUevent tells a copy of a virtual machine from its original by what Linux says (6.10 and later,
// with a hypervisor that has a VM generation identifier): the event NEW_VMGENID=1 on the socket of
// the kernel's device events. It needs no privilege. It hears of a copy some time after the
// processors run again; until then streams serve the old state, see docs/entropy.md for how long.
func VMUevent() (entropy.Generation, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK,
		unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		return nil, fmt.Errorf("source: open socket of device events: %w", err)
	}
	const kernelGroup = 1
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK,
		Groups: kernelGroup}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("source: listen to device events: %w", err)
	}
	return &vmUevent{file: os.NewFile(uintptr(fd), "uevent")}, nil
}

func (v *vmUevent) Name() string { return "vmgenid uevent" }

// Count returns how many copies the kernel has announced.
func (v *vmUevent) Count() uint64 { return v.copies.Load() }

// ID returns nil: the event does not tell the identifier.
func (v *vmUevent) ID() []byte { return nil }

// Watch listens until ctx ends, and closes the socket.
func (v *vmUevent) Watch(ctx context.Context, changed func()) error {
	stop := context.AfterFunc(ctx, func() { v.file.Close() })
	defer stop()
	raw, err := v.file.SyscallConn()
	if err != nil {
		return fmt.Errorf("source: listen to device events: %w", err)
	}
	message := make([]byte, ueventBytesMax)
	for {
		var n int
		var from unix.Sockaddr
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			n, from, failed = unix.Recvfrom(int(fd), message, 0)
			return !errors.Is(failed, unix.EAGAIN)
		})
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(failed, unix.ENOBUFS): // messages were lost: one may have been ours
			v.copies.Add(1)
			changed()
			continue
		case err != nil || failed != nil:
			return fmt.Errorf("source: listen to device events: %w", errors.Join(err, failed))
		}
		if fromKernel(from) && announcesGeneration(message[:n]) {
			v.copies.Add(1)
			changed()
		}
	}
}

// fromKernel tells whether a message comes from the kernel and from no process.
func fromKernel(from unix.Sockaddr) bool {
	address, ok := from.(*unix.SockaddrNetlink)
	return !ok || address.Pid == 0
}
