//go:build linux

package sockets

import (
	"context"

	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/card"
)

// Start starts the network of this machine as [card.Start] does, and a driver that serves the
// program's sockets over it; package net finds names by the servers and the table that the card
// knows. Errors are those of [Open] and of card.Start.
func Start(ctx context.Context, c card.Config) (*host.Host, error) {
	d, err := Open()
	if err != nil {
		return nil, err
	}
	var n names
	c.Servers, c.Hosts = n.servers, n.hosts
	h, err := card.Start(ctx, c)
	if err != nil {
		d.Close()
		return nil, err
	}
	go func() {
		if err := d.Serve(h); err != nil {
			c.Log.Error("package net has no network any more", "err", err)
		}
	}()
	return h, nil
}
