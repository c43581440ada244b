package source

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/atoll-os/atoll/entropy"
)

// attemptsMax is how often a fork is tried: a thread that the child does not have may have held a
// lock of Go's runtime in the instant of the fork, and then the child waits for ever.
const attemptsMax = 5

// bothRead forks this process and reads the same stream in both copies.
func bothRead(t *testing.T, generations ...entropy.Generation) (parent, child []byte) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector does not survive a fork")
	}
	s, err := entropy.New(entropy.Config{Sources: []entropy.Source{NewJitter(), Getrandom()},
		Generations: generations})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	st := s.Stream("fork")
	if _, err := st.Read(make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	const size = 16 << 10
	parent, child = make([]byte, size), make([]byte, size)
	for range attemptsMax {
		time.Sleep(100 * time.Millisecond) // the sources rest, and hold nothing that the child needs
		if !forkAndRead(t, st, child) {
			continue
		}
		if _, err := st.Read(parent); err != nil {
			t.Fatal(err)
		}
		return parent, child
	}
	t.Skipf("%d children hung: none of them had all of Go's runtime", attemptsMax)
	return nil, nil
}

// forkAndRead forks. The child fills bytes from the stream, writes them to a pipe and exits. It
// reports false if the child hung.
func forkAndRead(t *testing.T, st *entropy.Stream, bytes []byte) bool {
	t.Helper()
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	if err := syscall.SetNonblock(pipe[0], true); err != nil {
		t.Fatal(err)
	}
	in := os.NewFile(uintptr(pipe[0]), "pipe")
	defer in.Close()
	pid := forkChild(t, st, make([]byte, len(bytes)), pipe[1])
	syscall.Close(pipe[1])
	defer syscall.Wait4(pid, nil, 0, nil)
	if err := in.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(in, bytes); err != nil {
		syscall.Kill(pid, syscall.SIGKILL)
		return false
	}
	return true
}

// forkChild is the fork itself. The child has one thread and no other goroutine runs in it.
func forkChild(t *testing.T, st *entropy.Stream, buffer []byte, out int) (pid int) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// The collector needs other threads: it must not begin in the child.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	child, _, errno := syscall.RawSyscall6(syscall.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 {
		t.Skip("fork:", errno)
	}
	if child != 0 {
		return int(child)
	}
	n, _ := st.Read(buffer)
	for at := 0; at < n; {
		written, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(out),
			uintptr(unsafe.Pointer(&buffer[at])), uintptr(n-at))
		if errno != 0 {
			break
		}
		at += int(written)
	}
	for {
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// TestForkedCopyHasNothingInCommon copies this process as fork(2) does: the child finds out at its
// first read, seeds itself anew, and shares no block of 16 bytes with its parent.
func TestForkedCopyHasNothingInCommon(t *testing.T) {
	generation, err := Fork()
	if err != nil {
		t.Skip(err)
	}
	parent, child := bothRead(t, generation)
	blocks := map[string]bool{}
	for block := range slices.Chunk(parent, 16) {
		blocks[string(block)] = true
	}
	for block := range slices.Chunk(child, 16) {
		if blocks[string(block)] {
			t.Fatalf("parent and child both read %x", block)
		}
	}
	if n := generation.Count(); n != 0 {
		t.Errorf("the parent thinks it is copy %d", n)
	}
}

// TestForkWithoutDetection is the other side: a child that nobody tells gives its parent's bytes.
// Without it the test above could pass for another reason.
func TestForkWithoutDetection(t *testing.T) {
	for range attemptsMax {
		if parent, child := bothRead(t); slices.Equal(parent, child) {
			return
		}
		// A reseed fell between the two.
	}
	t.Error("copies that nobody told differ: something else than detection keeps them apart")
}

func TestForkCounts(t *testing.T) {
	generation, err := Fork()
	if err != nil {
		t.Skip(err)
	}
	if generation.Count() != 0 || generation.ID() != nil || generation.Name() != "fork" {
		t.Errorf("%s: count %d, id %x; want fork, 0, none", generation.Name(), generation.Count(),
			generation.ID())
	}
	f := generation.(*fork)
	for want := uint64(1); want < 4; want++ {
		f.alive.Store(0) // what the kernel does
		if got := f.Count(); got != want || f.Count() != want {
			t.Errorf("after %d forks the count is %d", want, got)
		}
	}
}

func BenchmarkForkCount(b *testing.B) {
	generation, err := Fork()
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		generation.Count()
	}
}
