package source

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// announced returns a vmUevent that hears what a test writes.
func announced(t *testing.T) (v *vmUevent, write func(message string)) {
	t.Helper()
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ends[1]) })
	return &vmUevent{file: os.NewFile(uintptr(ends[0]), "uevent")}, func(message string) {
		if _, err := unix.Write(ends[1], []byte(message)); err != nil {
			t.Error(err)
		}
	}
}

// TestUeventReachesStreams measures how long a copy that the kernel announces goes unnoticed, from
// the kernel's message to the new generation: the window that docs/entropy.md states.
func TestUeventReachesStreams(t *testing.T) {
	v, write := announced(t)
	s, err := entropy.New(entropy.Config{Sources: []entropy.Source{Getrandom(), NewJitter()},
		Generations: []entropy.Generation{v}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	heard := make(chan uint64, 10)
	s.OnClone(func(generation uint64) { heard <- generation })
	if _, err := s.Stream("test").Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	const announcement = "change@/devices/platform/VMGENCTR:00\x00ACTION=change\x00NEW_VMGENID=1\x00"
	var took []time.Duration
	for want := uint64(1); want <= 20; want++ {
		write("change@/devices/virtual/net/lo\x00ACTION=change\x00")
		begin := time.Now()
		write(announcement)
		select {
		case got := <-heard:
			if got != want {
				t.Fatalf("heard of generation %d, want %d", got, want)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("a copy that the kernel announced was not noticed in 5 s")
		}
		took = append(took, time.Since(begin))
		if _, err := s.Stream("after").Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(took)
	t.Logf("from the kernel's message to the consumers: %v in the middle, %v at worst",
		took[len(took)/2], took[len(took)-1])
}

func TestUeventWatchEnds(t *testing.T) {
	generation, err := VMUevent()
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- generation.(entropy.Watcher).Watch(ctx, func() { t.Log("this machine was copied") })
	}()
	time.Sleep(10 * time.Millisecond)
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Watch: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Watch does not end with its context")
	}
	if generation.ID() != nil || generation.Name() != "vmgenid uevent" {
		t.Errorf("%s has identifier %x", generation.Name(), generation.ID())
	}
}

func TestUeventOfAClosedSocketIsAnError(t *testing.T) {
	v, _ := announced(t)
	v.file.Close()
	if err := v.Watch(t.Context(), func() {}); err == nil {
		t.Error("Watch of a closed socket: no error")
	}
}

func TestOnlyTheKernelAnnounces(t *testing.T) {
	if fromKernel(&unix.SockaddrNetlink{Pid: 1234}) || !fromKernel(&unix.SockaddrNetlink{}) {
		t.Error("a process's message counts, or the kernel's does not")
	}
}

// TestIdentifierInMemory has a file in the place of memory, and a test in that of the hypervisor.
func TestIdentifierInMemory(t *testing.T) {
	const address = 4096 + 0xff0
	name := filepath.Join(t.TempDir(), "mem")
	content := make([]byte, 3*4096)
	copy(content[address:], "0123456789abcdef")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := mapIdentifier(name, address)
	if err != nil {
		t.Fatal(err)
	}
	if v.Count() != 0 || string(v.ID()) != "0123456789abcdef" || v.Name() != "vmgenid" {
		t.Errorf("%s: count %d, id %q", v.Name(), v.Count(), v.ID())
	}
	file, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for want, at := range []int64{address, address + 15, address + 8} {
		if _, err := file.WriteAt([]byte{byte(want)}, at); err != nil {
			t.Fatal(err)
		}
		if got := v.Count(); got != uint64(want)+1 || v.Count() != got {
			t.Errorf("after %d changes the count is %d", want+1, got)
		}
	}
	for _, bad := range []uint64{address + 8, 4096 + 4} {
		if _, err := mapIdentifier(name, bad); err == nil {
			t.Errorf("address %#x, which is not aligned: no error", bad)
		}
	}
	if _, err := mapIdentifier(name+"x", address); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no memory device: %v", err)
	}
}

func TestFindIdentifier(t *testing.T) {
	folder := t.TempDir()
	if _, err := findIdentifier(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no tables: %v", err)
	}
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("DSDT", []byte("nothing of interest"))
	write("SSDT1", table(t, tables["firecracker"].hex))
	if got, err := findIdentifier(folder); got != 0xdfff0 || err != nil {
		t.Errorf("found %#x, %v; want 0xdfff0", got, err)
	}
	if err := os.Mkdir(filepath.Join(folder, "SSDT0"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := findIdentifier(folder); err == nil {
		t.Error("a table that cannot be read: no error")
	}
}

// TestIdentifierOfThisMachine says what this machine has; few show it.
func TestIdentifierOfThisMachine(t *testing.T) {
	generation, err := VMIdentifier()
	if err != nil {
		t.Skip(err)
	}
	t.Logf("VM generation identifier %s", hex.EncodeToString(generation.ID()))
	if generation.Count() != 0 {
		t.Error("this machine was copied just now")
	}
}

func TestInterruptsThatAreNotThere(t *testing.T) {
	none := interrupts{[]string{filepath.Join(t.TempDir(), "none")}}
	var absent *entropy.AbsentError
	if _, err := none.Sample(t.Context(), make([]byte, 32)); !errors.As(err, &absent) {
		t.Errorf("no table of interrupts: %v, want absent", err)
	}
}
