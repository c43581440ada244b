package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/atoll-os/atoll/entropy"
)

// Limits of one sample.
const (
	// readBytesMax is what is read from a device at once, so that a slow one is asked often whether
	// somebody still wants it.
	readBytesMax = 64
	// readTimeMax is after how long a sample ends with what there is.
	readTimeMax = time.Second
)

// descriptor reads symbols from a file, a device or a connection.
type descriptor struct {
	spec entropy.Spec
	open func() (io.Reader, error) // again after Restart; nil: it stays open
	in   io.Reader
}

// Reader is a source of what it reads from r: another machine, a serial line, a device that a
// driver offers, recorded symbols. Spec says what that is worth, on the caller's word. An end of
// file is a failure.
func Reader(spec entropy.Spec, r io.Reader) entropy.Source {
	return &descriptor{spec: spec, in: r}
}

// File is a source of what a file or device holds, opened at the first sample and again after each
// failure. Spec says what that is worth, on the caller's word. Recorded symbols are no secret of
// this machine: that is for tests.
func File(spec entropy.Spec, path string) entropy.Source {
	return &descriptor{spec: spec, open: func() (io.Reader, error) { return os.Open(path) }}
}

// virtioClaim is half of what virtio_rng's driver in Linux allows: the host's generator is only as
// good as the host.
const virtioClaim = 4000

// Virtio is a source of what a virtio entropy device (virtio 1.2 §5.4) gives, which its driver
// offers as r: bytes of the host's own generator. It claims half of their bits, on trust in the
// host, who can read this machine's memory anyway.
func Virtio(r io.Reader) entropy.Source {
	return Reader(entropy.Spec{Name: "virtio-rng", Kind: entropy.Noise, SymbolBits: 8,
		Claim: virtioClaim, Origin: "hwrng"}, r)
}

func (d *descriptor) Spec() entropy.Spec { return d.spec }

// Sample reads until raw is full, or for a second if at least one symbol has come by then.
func (d *descriptor) Sample(ctx context.Context, raw []byte) (n int, err error) {
	if d.in == nil {
		if d.in, err = d.open(); err != nil {
			d.in = nil
			return 0, absent(err)
		}
	}
	size := d.spec.SymbolBytes()
	raw = raw[:len(raw)/size*size]
	for begin := time.Now(); n < len(raw); {
		if ctx.Err() != nil {
			return n / size * size, ctx.Err()
		}
		// Whole symbols: a short read is completed.
		m, err := io.ReadAtLeast(d.in, raw[n:min(n+max(readBytesMax, size), len(raw))], size-n%size)
		n += m
		if err != nil {
			return n / size * size, absent(err)
		}
		if time.Since(begin) >= readTimeMax {
			break
		}
	}
	return n / size * size, nil
}

// Restart opens the file again.
func (d *descriptor) Restart() error {
	if d.open == nil {
		return nil
	}
	if c, ok := d.in.(io.Closer); ok {
		c.Close()
	}
	d.in = nil
	return nil
}

// absent says of an error whether it means that there is no such source here.
func absent(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &entropy.AbsentError{Reason: "permission"}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return &entropy.AbsentError{Reason: "no device"}
	}
	return fmt.Errorf("source: read: %w", err)
}
