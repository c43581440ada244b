package image

import (
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-os/atoll/host/device"
	ether "github.com/atoll-os/atoll/wire"
)

// hostile is a wire on which somebody sends nonsense besides: after each frame to the machine some
// that are made of it.
type hostile struct {
	device.Frames
	rand *rand.Rand
	off  atomic.Bool
	sent atomic.Int64
}

// WriteFrame is called by one goroutine only.
func (h *hostile) WriteFrame(b []byte, more bool) error {
	if h.off.Load() {
		return h.Frames.WriteFrame(b, more)
	}
	if err := h.Frames.WriteFrame(b, true); err != nil {
		return err
	}
	const each = 8
	for i := range each {
		h.sent.Add(1)
		if err := h.Frames.WriteFrame(h.nonsense(b), more || i+1 < each); err != nil {
			return err
		}
	}
	return nil
}

// nonsense makes a frame of another: some of its bytes are others, it may be cut off or longer, and
// its sums may be right all the same.
func (h *hostile) nonsense(b []byte) []byte {
	const shortest, longest = 14, 1514 // of Ethernet
	b = append([]byte(nil), b...)
	switch h.rand.IntN(4) {
	case 0:
		b = b[:shortest+h.rand.IntN(len(b)-shortest+1)]
	case 1:
		for range h.rand.IntN(longest - len(b) + 1) {
			b = append(b, byte(h.rand.Uint32()))
		}
	}
	for range 1 + h.rand.IntN(6) {
		// Most of it is in the headers.
		at := shortest - 2 + h.rand.IntN(min(64, len(b)-shortest+2))
		b[at] = byte(h.rand.Uint32())
	}
	if h.rand.IntN(3) > 0 && len(b) >= 34 && b[12] == 8 && b[13] == 0 {
		header := b[14:34]
		binary.BigEndian.PutUint16(header[10:], 0)
		binary.BigEndian.PutUint16(header[10:], ^ether.Checksum(header, 0))
		ether.FinishChecksum(b)
	}
	return b
}

// TestGuestHostileFrames: a machine that gets eight frames of nonsense for each real one stays up,
// and answers as ever when that is over.
func TestGuestHostileFrames(t *testing.T) {
	long(t)
	h := &hostile{rand: rand.New(rand.NewPCG(1, 2))}
	s := startServiceOver(t, hypervisor(t), imageFile(t, helloPackage),
		func(f device.Frames) device.Frames { h.Frames = f; return h },
		"ATOLL_IP=10.0.2.15/24,10.0.2.2")
	h.off.Store(true)
	s.first(t, "10.0.2.15:80")
	h.off.Store(false)
	patient := s.client.Timeout
	s.client.Timeout = 2 * time.Second // for a connection that nonsense has spoilt
	wrong := 0
	for range 300 {
		// What arrives may be wrong: a sum that is right makes nonsense a part of the answer.
		if s.get("10.0.2.15:80", "somebody") != nil {
			wrong++
			s.client.CloseIdleConnections()
		}
	}
	h.off.Store(true)
	s.client.Timeout = patient
	s.client.CloseIdleConnections()
	if _, err := s.load("10.0.2.15:80", 200); err != nil {
		t.Errorf("after %d frames of nonsense: %v\n%s", h.sent.Load(), err, s.console.String())
	}
	t.Logf("%d frames of nonsense, %d of 300 requests went wrong meanwhile", h.sent.Load(), wrong)
	if text := s.console.String(); strings.Contains(text, "panic") {
		t.Errorf("the console has a panic:\n%s", text)
	}
	if h.sent.Load() < 3000 {
		t.Errorf("only %d frames of nonsense were sent", h.sent.Load())
	}
}
