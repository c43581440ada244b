// Service makes a key in a service of package unikernel, and prints who made it.
package main

import (
	"context"
	"crypto/ecdh"
	"encoding/json"
	"os"

	"github.com/atoll-os/atoll/entropy/overlay"
	"github.com/atoll-os/atoll/unikernel"
)

func main() {
	unikernel.Main(func(context.Context, *unikernel.Machine) error {
		if _, err := ecdh.X25519().GenerateKey(nil); err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(overlay.Report())
	})
}
