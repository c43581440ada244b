package capture

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/atoll-os/atoll/vnet"
)

// Digest is the SHA-256 over every frame with its instant and port: two runs with the same digest
// are the same run. A frame counts where it was sent, at switches too, and with all that befell it:
// copies, flipped bits, holding, and its drop.
type Digest struct {
	hash   hash.Hash
	head   []byte // scratch
	frames uint64
}

// NewDigest returns the digest of nothing yet.
func NewDigest() *Digest { return &Digest{hash: sha256.New()} }

// Observe takes one event; it is a [vnet.Observer].
func (d *Digest) Observe(e vnet.Event) {
	if e.Kind == vnet.Delivered {
		return // follows from the rest
	}
	if e.Kind == vnet.Sent {
		d.frames++
	}
	name := e.Port.Name()
	b := binary.BigEndian.AppendUint64(d.head[:0], uint64(e.At))
	b = append(b, byte(e.Kind), byte(e.Reason))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Bit))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Delay))
	b = binary.BigEndian.AppendUint32(b, uint32(len(name)))
	b = append(b, name...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Frame.Data)))
	d.head = b
	d.hash.Write(b)
	d.hash.Write(e.Frame.Data)
}

// Frames returns how many frames were sent.
func (d *Digest) Frames() uint64 { return d.frames }

// Sum returns the digest so far, in hexadecimal.
func (d *Digest) Sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }
