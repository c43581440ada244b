// Command peer is a guest that sends a text to whoever connects, and fetches the texts of others.
// Who has which text is known to all.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/unikernel"
)

const (
	port      = "7"
	textBytes = 512 << 10
	retry     = 100 * time.Millisecond
)

type config struct {
	Own   netip.Addr   `doc:"this machine's address"`
	Fetch []netip.Addr `doc:"machines whose texts to fetch"`
}

func main() { unikernel.Main(run) }

func run(ctx context.Context, m *unikernel.Machine) error {
	var cfg config
	if err := m.Config.Decode(&cfg); err != nil {
		return err
	}
	l, err := m.Net.Listen("tcp", ":"+port)
	if err != nil {
		return err
	}
	defer l.Close()
	go serve(l, text(cfg.Own))
	for _, peer := range cfg.Fetch {
		got, err := fetch(ctx, m.Net, peer)
		if err != nil {
			return err
		}
		if want := text(peer); sha256.Sum256(got) != sha256.Sum256(want) {
			return fmt.Errorf("%d bytes from %s are not its text", len(got), peer)
		}
		fmt.Printf("fetched %d bytes from %s\n", len(got), peer)
	}
	fmt.Println("fetched all")
	<-ctx.Done()
	return nil
}

// text is what a machine sends: a stream of its own.
func text(of netip.Addr) []byte {
	b := make([]byte, textBytes)
	prng.New(uint64(of.As4()[3])).Read(b)
	return b
}

func serve(l net.Listener, text []byte) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			io.Copy(conn, bytes.NewReader(text))
			conn.Close()
		}()
	}
}

// fetch connects until the machine is up.
func fetch(ctx context.Context, n unikernel.Net, from netip.Addr) ([]byte, error) {
	for {
		conn, err := n.DialContext(ctx, "tcp", net.JoinHostPort(from.String(), port))
		if err == nil {
			defer conn.Close()
			return io.ReadAll(conn)
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(retry):
		}
	}
}
