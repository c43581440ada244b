package device

import (
	"net"
	"sync"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Limits of a device.
const (
	QueueFramesMax = 1024                      // that wait to be written
	FrameBytesMax  = wire.EthernetSize + 65535 // of one frame
	batchMax       = 64                        // frames that are read and then handed over at once
)

// Frames is where whole Ethernet frames come from and go to.
type Frames interface {
	// ReadFrame reads one frame into b, which has FrameBytesMax bytes, and returns its length. more
	// says that another can be read without waiting.
	ReadFrame(b []byte) (n int, more bool, err error)
	// WriteFrame writes one frame. more says that another follows at once.
	WriteFrame(b []byte, more bool) error
	// Close ends both, also while they wait.
	Close() error
}

// Device is a node of a network with one port, whose frames come from outside.
type Device struct {
	network *host.Network
	frames  Frames
	at      *vnet.Attachment
	port    *vnet.Port
	came    []*vnet.Frame // guarded by the network's lock: for the next Poll

	mu    sync.Mutex
	queue []*vnet.Frame // to be written
	wake  chan struct{} // has room for one

	quit   chan struct{}
	once   sync.Once
	done   sync.WaitGroup
	failed error
	ended  chan struct{} // closed after the first error
}

// Attach adds a device to a network. It is closed before the network is.
func Attach(n *host.Network, name string, frames Frames) *Device {
	d := &Device{network: n, frames: frames, wake: make(chan struct{}, 1),
		quit: make(chan struct{}), ended: make(chan struct{})}
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		d.at = v.Attach(name, (*node)(d))
		d.port = d.at.AddPort("net")
	})
	d.done.Add(2)
	go d.read()
	go d.write()
	return d
}

// Port returns where the device is plugged in by a link.
func (d *Device) Port() *vnet.Port { return d.port }

// Ended is closed when the device can no longer be read or written; Err then says why.
func (d *Device) Ended() <-chan struct{} { return d.ended }

// Err returns why the device has ended; nil while it has not.
func (d *Device) Err() error {
	select {
	case <-d.ended:
		return d.failed
	default:
		return nil
	}
}

// Close ends the device; its goroutines have ended when Close returns. Frames sent later are
// dropped.
func (d *Device) Close() error {
	err := d.close(net.ErrClosed)
	d.done.Wait()
	return err
}

func (d *Device) close(why error) (err error) {
	d.once.Do(func() {
		d.failed = why
		close(d.ended)
		close(d.quit)
		err = d.frames.Close()
	})
	return err
}

// read hands over what comes in.
func (d *Device) read() {
	defer d.done.Done()
	var batch []*vnet.Frame
	buffer := make([]byte, FrameBytesMax)
	for {
		n, more, err := d.frames.ReadFrame(buffer)
		if err != nil {
			d.close(err)
			return
		}
		f := vnet.NewFrame(n)
		f.Data = append(f.Data, buffer[:n]...)
		if batch = append(batch, f); more && len(batch) < batchMax {
			continue
		}
		d.network.Do(func(clock.Instant, *vnet.Network) {
			d.came = append(d.came, batch...)
			d.at.Touch()
		})
		clear(batch)
		batch = batch[:0]
	}
}

// write writes what the network sends.
func (d *Device) write() {
	defer d.done.Done()
	var batch []*vnet.Frame
	for {
		d.mu.Lock()
		batch, d.queue = d.queue, batch[:0]
		d.mu.Unlock()
		if len(batch) == 0 {
			select {
			case <-d.wake:
				continue
			case <-d.quit:
				return
			}
		}
		for i, f := range batch {
			err := d.frames.WriteFrame(f.Data, i < len(batch)-1)
			f.Release()
			batch[i] = nil
			if err != nil {
				d.close(err)
				for j, rest := range batch[i+1:] {
					rest.Release()
					batch[i+1+j] = nil
				}
				return
			}
		}
	}
}

// node is a Device as the network sees it.
type node Device

// Input queues a frame for the device.
func (n *node) Input(now clock.Instant, port int, f *vnet.Frame) {
	if f.Unsummed {
		wire.FinishChecksum(f.Data)
		f.Unsummed = false
	}
	n.mu.Lock()
	full := len(n.queue) >= QueueFramesMax
	if !full {
		n.queue = append(n.queue, f)
	}
	n.mu.Unlock()
	if full {
		n.at.Drop(now, port, vnet.QueueFull, f)
		return
	}
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Poll sends what came in.
func (n *node) Poll(_ clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	out = append(out, n.came...)
	clear(n.came)
	n.came = n.came[:0]
	return out, clock.Never
}
