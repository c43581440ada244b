package device

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/atoll-os/atoll/wire"
)

// File is frames of a file of which one read is one frame, and one write sends one: a network card
// of Atoll's kernel.
type File struct {
	file *os.File
	MAC  wire.MAC
	MTU  int // bytes of the largest IP packet
}

// Open opens a network card of Atoll's kernel by the name of its file, "/dev/net0". A card that is
// not there is fs.ErrNotExist.
func Open(name string) (*File, error) {
	info, err := os.Open(name + ".info")
	if err != nil {
		return nil, err
	}
	defer info.Close()
	line, _ := bufio.NewReader(info).ReadString('\n')
	f := &File{}
	if err := f.parse(line); err != nil {
		return nil, fmt.Errorf("device: %s.info: %w", name, err)
	}
	if f.file, err = os.OpenFile(name, os.O_RDWR, 0); err != nil {
		return nil, err
	}
	return f, nil
}

// parse reads the line about a card: "mac 52:54:00:00:00:07 mtu 1500".
func (f *File) parse(line string) error {
	m := &f.MAC
	n, err := fmt.Fscanf(strings.NewReader(line), "mac %02x:%02x:%02x:%02x:%02x:%02x mtu %d",
		&m[0], &m[1], &m[2], &m[3], &m[4], &m[5], &f.MTU)
	if err != nil || n != 7 || f.MTU <= 0 {
		return fmt.Errorf("%.80q is not what is said about a card", line)
	}
	return nil
}

// ReadFrame reads a frame, and waits for one.
func (f *File) ReadFrame(b []byte) (n int, more bool, err error) {
	n, err = f.file.Read(b)
	return n, false, err
}

// WriteFrame writes a frame.
func (f *File) WriteFrame(b []byte, _ bool) error {
	_, err := f.file.Write(b)
	return err
}

// Close closes the card.
func (f *File) Close() error { return f.file.Close() }

// SetReadDeadline bounds ReadFrame, as [os.File.SetReadDeadline] says.
func (f *File) SetReadDeadline(t time.Time) error { return f.file.SetReadDeadline(t) }
