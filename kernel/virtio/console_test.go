package virtio

import (
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/mem"
)

// TestControl: lines come however the host cuts them, too long ones are dropped, and lines go back.
func TestControl(t *testing.T) {
	m, s, _ := machine(t, KindConsole)
	c := new(Control)
	if !c.Start(m.place(7), s) || c.Line() != 7 || !c.Present {
		t.Fatal("the console does not start")
	}
	say := func(text string) {
		id, buffer, ok := m.next(0)
		if !ok {
			t.Fatal("no buffer for a line")
		}
		m.use(0, uint32(id), uint32(copy(buffer, text)))
	}
	var got []string
	for _, text := range []string{"stop\npi", "ng\n", "\n" + strings.Repeat("x", 100), "y\nend\n"} {
		say(text)
		c.Interrupt()
		for line := c.Command(); line != nil; line = c.Command() {
			got = append(got, string(line))
		}
	}
	if want := []string{"stop", "ping", "", "end"}; !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
	for range 200 {
		say("x\n")
		c.Command()
		c.Command()
	}
	for range QueueBuffers + 5 { // the host does not read: what does not fit is dropped
		c.Say("pong\n")
	}
	sent := 0
	for {
		id, buffer, ok := m.next(1)
		if !ok {
			break
		}
		if string(buffer) != "pong\n" {
			t.Fatalf("sent %q", buffer)
		}
		m.use(1, uint32(id), 0)
		sent++
	}
	if sent != QueueBuffers {
		t.Errorf("%d lines were sent, want %d", sent, QueueBuffers)
	}
	if c.Say("more\n"); mem.Load16(m.ram[m.queues[1].parts[1]+2:]) != QueueBuffers+1 {
		t.Error("there is room again, and nothing is sent")
	}
	m, s, _ = machine(t, KindConsole)
	m.queueMax = 1
	if new(Control).Start(m.place(7), s) {
		t.Error("a console with short queues starts")
	}
}
