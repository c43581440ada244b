package host

import (
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// idleBytesMax is what an idle TCP connection may cost, both ends together, without the goroutines
// of its programs.
const idleBytesMax = 6 << 10

// Ten thousand connections between two hosts, each of which has carried a byte both ways.
func TestIdleConnectionsAreSmall(t *testing.T) {
	connections := lighter(10_000)
	synctest.Test(t, func(t *testing.T) {
		p := newPair(t, Virtual(seed(1)), vnet.Settings{Delay: 10 * time.Microsecond, MTU: 1500},
			tcp.Options{SendBuffer: 16 << 20})
		l, err := p.b.Listen("tcp4", "b:80")
		if err != nil {
			t.Fatal(err)
		}
		clients, servers := make([]net.Conn, connections), make([]net.Conn, connections)
		before := heap()
		for i := range clients {
			if clients[i], err = p.a.Dial("tcp4", "b:80"); err != nil {
				t.Fatal(err)
			}
			if servers[i], err = l.Accept(); err != nil {
				t.Fatal(err)
			}
			one := []byte{1}
			clients[i].Write(one)
			servers[i].Read(one)
			servers[i].Write(one)
			clients[i].Read(one)
		}
		time.Sleep(time.Minute) // everything is acknowledged, every timer has fired
		each := (heap() - before) / int64(connections)
		t.Logf("an idle connection costs %d bytes, both ends together", each)
		if each > idleBytesMax {
			t.Errorf("an idle connection costs %d bytes, at most %d", each, idleBytesMax)
		}
		for i := range clients {
			clients[i].Close()
			servers[i].Close()
		}
		l.Close()
	})
}

// heap returns the bytes of the heap that are in use.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools still held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
