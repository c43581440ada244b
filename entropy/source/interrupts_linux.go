package source

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"io"
	"os"

	"github.com/atoll-os/atoll/entropy"
)

// interruptsBytesMax bounds what is read of a table: one line for each line of interrupts, one
// column for each processor.
const interruptsBytesMax = 4 << 20

// interrupts is the kernel's table of interrupts.
type interrupts struct{ paths []string }

// Interrupts is an ambient source of how often devices called, by the kernel's counts of
// interrupts and packets, and when it looked. It claims nothing: everybody on the machine can read
// the counts.
func Interrupts() entropy.Source {
	return interrupts{[]string{"/proc/interrupts", "/proc/net/dev"}}
}

func (interrupts) Spec() entropy.Spec {
	return entropy.Spec{Name: "interrupts", Kind: entropy.Ambient, SymbolBits: 8}
}

// Sample gives a digest of the tables and the instant of looking.
func (i interrupts) Sample(_ context.Context, raw []byte) (int, error) {
	digest := sha256.New()
	for _, path := range i.paths {
		file, err := os.Open(path)
		if err != nil {
			return 0, absent(err)
		}
		_, err = io.Copy(digest, io.LimitReader(file, interruptsBytesMax))
		file.Close()
		if err != nil {
			return 0, absent(err)
		}
	}
	digest.Write(binary.LittleEndian.AppendUint64(nil, counter()))
	return copy(raw, digest.Sum(nil)), nil
}
