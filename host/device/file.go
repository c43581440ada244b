package device

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/atoll-os/atoll/wire"
)

// fileBuffer is what is read and written at once, in bytes: what the kernel does in one call.
const fileBuffer = 64 << 10

// File is the frames of a network card of Atoll's kernel: a file of which one read is as many whole
// frames as there are, and one write sends several, each behind its length as in a [Stream].
type File struct {
	file *os.File
	*Stream
	MAC wire.MAC
	MTU int // bytes of the largest IP packet
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
	if f.file, err = os.OpenFile(name+".frames", os.O_RDWR, 0); err != nil {
		return nil, err
	}
	f.Stream = newStream(f.file, fileBuffer)
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

// SetReadDeadline bounds ReadFrame, as [os.File.SetReadDeadline] says.
func (f *File) SetReadDeadline(t time.Time) error { return f.file.SetReadDeadline(t) }
