package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// TransferMax is how many bytes one call reads or writes at most: more than enough for a program,
// and little enough that an interrupt does not wait long. A program sees a short count and goes on.
const TransferMax = 64 << 10

// Read is read(2): it moves up to n bytes to the program's memory at an address.
func (t *Table) Read(fd, address, n uint64) int64 {
	o := t.Object(fd)
	if o == nil || o.Flags&abi.OpenAccess == abi.OpenWriteOnly {
		return -abi.EBADF
	}
	n = min(n, TransferMax)
	switch o.Kind {
	case Console, Null:
		return 0 // nobody types
	case Zero, Random:
		return t.fill(o.Kind, address, n)
	case Event:
		return t.readEvent(o, address, n)
	case PipeRead:
		return t.readPipe(o.index, address, n)
	case Net:
		return t.Nets[o.index].Receive(t.Space, address, n)
	case NetFrames:
		return t.Nets[o.index].ReceiveAll(t.Space, address, n)
	case NetInfo:
		return t.readInfo(o, address, n)
	case Socket:
		return t.Receive(fd, address, n, Peer{}, 0)
	case Driver:
		return t.readRequests(address, n)
	case Generation:
		return t.readGeneration(o, address, n)
	case Disk:
		return t.moveDisk(o, virtio.Read, address, n, o.count, true)
	case File, Folder:
		return t.readFile(o, address, n)
	}
	return -abi.EINVAL
}

// Write is write(2): it takes up to n bytes from the program's memory at an address.
func (t *Table) Write(fd, address, n uint64) int64 {
	o := t.Object(fd)
	if o == nil || o.Flags&abi.OpenAccess == abi.OpenReadOnly {
		return -abi.EBADF
	}
	n = min(n, TransferMax)
	switch o.Kind {
	case Console:
		return t.print(address, n)
	case Null, Zero:
		return int64(n)
	case Ready:
		t.Ready = true
		return int64(n)
	case Event:
		return t.writeEvent(o, address, n)
	case PipeWrite:
		return t.writePipe(o.index, address, n)
	case Net:
		return t.Nets[o.index].Send(t.Space, address, n)
	case NetFrames:
		return t.Nets[o.index].SendAll(t.Space, address, n)
	case Socket:
		return t.Send(fd, address, n, Peer{}, 0)
	case Driver:
		return t.writeAnswer(address, n)
	case Disk:
		return t.moveDisk(o, virtio.Write, address, n, o.count, true)
	case File:
		return t.writeFile(o, address, n)
	}
	return -abi.EINVAL
}

// moved is the result of a transfer that ended early because of a bad address.
func moved(done uint64) int64 {
	if done == 0 {
		return -abi.EFAULT
	}
	return int64(done)
}

// print writes to the console.
func (t *Table) print(address, n uint64) int64 {
	for done := uint64(0); done < n; {
		chunk := t.Space.Chunk(address+done, n-done, abi.ProtRead)
		if chunk == nil {
			return moved(done)
		}
		t.Devices.Write(chunk)
		done += uint64(len(chunk))
	}
	return int64(n)
}

// fill writes zeros or random bytes to the program's memory.
func (t *Table) fill(kind Kind, address, n uint64) int64 {
	for done := uint64(0); done < n; {
		chunk := t.Space.Chunk(address+done, n-done, abi.ProtWrite)
		if chunk == nil {
			return moved(done)
		}
		if kind == Zero {
			clear(chunk)
		} else {
			t.Devices.Random(chunk)
		}
		done += uint64(len(chunk))
	}
	return int64(n)
}
