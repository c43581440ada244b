package source

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"net"
	"os"
	"time"

	"github.com/atoll-os/atoll/entropy"
)

// identity is what this machine is called.
type identity struct{}

// Identity is what tells this machine and this run from others: its addresses, its name, the date
// and the process. None of that is secret: it claims nothing. It keeps two machines apart that have
// everything else in common.
func Identity() entropy.Source { return identity{} }

func (identity) Spec() entropy.Spec {
	return entropy.Spec{Name: "identity", Kind: entropy.Identity, SymbolBits: 8, Prompt: true}
}

// Sample gives a digest of the names.
func (identity) Sample(_ context.Context, raw []byte) (int, error) {
	digest := sha256.New()
	name, err := os.Hostname()
	if err == nil {
		digest.Write([]byte(name))
	}
	// Without permission to list them there are none, and that is all right.
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		digest.Write(i.HardwareAddr)
	}
	now := binary.LittleEndian.AppendUint64(nil, uint64(time.Now().UnixNano()))
	digest.Write(binary.LittleEndian.AppendUint64(now, uint64(os.Getpid())))
	return copy(raw, digest.Sum(nil)), nil
}
