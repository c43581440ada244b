// Command disk is a guest that reads and writes its first disk as a file, with the stock package os:
// in all sizes, at all offsets, and from several goroutines at once.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func run() error {
	disk, err := os.OpenFile("/dev/blk0", os.O_RDWR, 0)
	if errors.Is(err, syscall.EROFS) {
		return readOnly()
	}
	if err != nil {
		return err
	}
	about, err := disk.Stat()
	if err != nil {
		return err
	}
	end, err := disk.Seek(0, io.SeekEnd)
	fmt.Println("size", about.Size(), end, about.Mode().Type()&os.ModeDevice != 0, err)
	if _, err := disk.Seek(0, io.SeekStart); err != nil {
		return err
	}
	shadow, err := io.ReadAll(disk) // what the host wrote
	if err != nil {
		return err
	}
	fmt.Printf("begins %q\n", shadow[:5])
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		piece := make([]byte, 1+r.IntN(100_000))
		at := r.IntN(len(shadow) - len(piece))
		for i := range piece {
			piece[i] = byte(r.Uint32())
		}
		if _, err := disk.WriteAt(piece, int64(at)); err != nil {
			return err
		}
		copy(shadow[at:], piece)
	}
	signals := make(chan os.Signal, 1) // waiting for a disk is not interrupted
	signal.Notify(signals, syscall.SIGUSR1)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				syscall.Kill(os.Getpid(), syscall.SIGUSR1)
				time.Sleep(100 * time.Microsecond)
			}
		}
	}()
	defer close(stop)
	if err := atOnce(disk, shadow); err != nil {
		return err
	}
	if _, err := disk.WriteAt([]byte("guest"), 0); err != nil {
		return err
	}
	copy(shadow, "guest")
	if err := disk.Sync(); err != nil {
		return err
	}
	_, err = disk.WriteAt([]byte("x"), end)
	fmt.Println("beyond:", errors.Is(err, syscall.ENOSPC))
	again, err := os.ReadFile("/dev/blk0")
	fmt.Println("same:", bytes.Equal(again, shadow), err)
	return nil
}

// atOnce has eight goroutines write and read back parts of their own, which are no whole sectors.
func atOnce(disk *os.File, shadow []byte) error {
	const parts, length = 8, 10_000
	var all sync.WaitGroup
	failed := make(chan error, parts)
	for p := range parts {
		all.Go(func() {
			at := int64(p * length / 512 * 512)
			text := bytes.Repeat([]byte{byte('a' + p)}, length/512*512-700)
			got := make([]byte, len(text))
			for range 10 {
				if _, err := disk.WriteAt(text, at+3); err != nil {
					failed <- err
				} else if _, err := disk.ReadAt(got, at+3); err != nil || !bytes.Equal(got, text) {
					failed <- fmt.Errorf("part %d is another: %v", p, err)
				}
			}
			copy(shadow[at+3:], text)
		})
	}
	all.Wait()
	close(failed)
	return <-failed
}

// readOnly reads a disk that cannot be written.
func readOnly() error {
	disk, err := os.Open("/dev/blk0")
	if err != nil {
		return err
	}
	text := make([]byte, 5)
	_, err = disk.ReadAt(text, 0)
	fmt.Printf("read only %q %v\n", text, err)
	_, err = disk.WriteAt(text, 0)
	fmt.Println("written:", !errors.Is(err, syscall.EBADF))
	return nil
}
