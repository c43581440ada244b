package publish

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// BusyError says that another process is publishing to the same place.
type BusyError struct{ Lock string } // the file that it holds

// Error says who waits for whom.
func (e *BusyError) Error() string {
	return fmt.Sprintf("publish: another process is publishing: it holds %s", e.Lock)
}

// acquire takes the lock of a tree. It ends with the process, however that ends: a file left behind
// locks nobody out.
func acquire(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("publish: open lock: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return f, nil
	}
	f.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, &BusyError{name}
	}
	return nil, fmt.Errorf("publish: lock %s: %w", name, err)
}
