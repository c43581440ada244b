package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/file"
)

// Interrupt handles the interrupt of devices on a line.
func (k *Kernel) Interrupt(line uint32) {
	k.Files.Interrupt(line)
	for i := range k.Files.Disks {
		d := &k.Files.Disks[i]
		if !d.Present || d.Line() != line {
			continue
		}
		if result, done := d.Interrupt(); done {
			k.Threads.Served(uint64(i), result)
			k.Files.Changes++ // who found it busy asks again
		}
	}
	if k.Control.Present && k.Control.Line() == line {
		k.Control.Interrupt()
		k.command()
	}
}

// command obeys the lines that the host sent: "stop" is SIGTERM, with which a program ends as it
// likes; "ping" is answered, so that the host knows that the kernel is alive. Others are ignored.
func (k *Kernel) command() {
	for line := k.Control.Command(); line != nil; line = k.Control.Command() {
		switch {
		case file.Equal(line, "stop"):
			k.Threads.Send(nil, abi.SIGTERM)
		case file.Equal(line, "ping"):
			k.Control.Say("pong\n")
		}
	}
}

// tellReady passes on to the host that the program can be used.
func (k *Kernel) tellReady() {
	if !k.Files.Ready {
		return
	}
	k.Files.Ready = false
	if k.Control.Present {
		k.Control.Say("ready\n")
	}
}
