package lab

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/host"
)

// WatchdogPatience is how long, in real time, a virtual lab may stand still.
const WatchdogPatience = 10 * time.Second

// watchdog stands outside the bubble and sees whether virtual time moves. When a goroutine of the
// bubble waits for a mutex whose holder waits for the network, nothing inside can ever run again.
type watchdog struct {
	network atomic.Pointer[host.Network]
	replay  string
	quit    chan struct{}
}

func watch(replay string) *watchdog {
	w := &watchdog{replay: replay, quit: make(chan struct{})}
	go w.run()
	return w
}

func (w *watchdog) guard(l *Lab) { w.network.Store(l.network) }
func (w *watchdog) stop()        { close(w.quit) }

func (w *watchdog) run() {
	tick := time.NewTicker(WatchdogPatience / 10)
	defer tick.Stop()
	var last uint64
	still := 0
	for {
		select {
		case <-w.quit:
			return
		case <-tick.C:
		}
		n := w.network.Load()
		if n == nil {
			continue
		}
		if turns := n.Turns(); turns != last {
			last, still = turns, 0
			continue
		}
		if still++; still < 10 {
			continue
		}
		stuck := stuckGoroutines()
		if stuck == "" {
			still = 0 // it computes, or it is between tests
			continue
		}
		fmt.Fprintf(os.Stderr, "lab: virtual time has stood still for %v: these goroutines hold it up"+
			" by a wait that is not for the lab:\n%s"+
			"hint: shake hands before a connection is shared (tls.Conn.Handshake); give Write a bigger"+
			" buffer; use the machine's Dial and Listen, not package net's\n"+
			"lab: replay: %s\n", WatchdogPatience, stuck, w.replay)
		os.Exit(1)
	}
}

// stuckGoroutines lists the goroutines of bubbles that wait for a mutex or for the outside world.
func stuckGoroutines() string {
	buf := make([]byte, 1<<22)
	buf = buf[:runtime.Stack(buf, true)]
	var b strings.Builder
	for _, g := range bytes.Split(buf, []byte("\n\n")) {
		head, _, _ := strings.Cut(string(g), "\n")
		if !strings.Contains(head, "synctest bubble") {
			continue
		}
		for _, wait := range []string{"Mutex.Lock", "RWMutex.", "IO wait", "syscall", "semacquire"} {
			if strings.Contains(head, wait) {
				lines := strings.SplitAfter(string(g), "\n")
				b.WriteString(strings.Join(lines[:min(len(lines), 13)], ""))
				b.WriteString("\n")
				break
			}
		}
	}
	return b.String()
}

func randomSeed() uint64 {
	var b [8]byte
	rand.Read(b[:])
	return binary.BigEndian.Uint64(b[:]) >> 16
}
