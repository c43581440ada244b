package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/thread"
)

// Limits of files.
const (
	filesMax     = file.DescriptorsMax
	PathBytesMax = 1024
	vectorsMax   = 1024 // of writev
)

// finish returns the result of a transfer, or lets t wait if that is what its file does.
func (k *Kernel) finish(t *thread.Thread, result int64) int64 {
	if result == file.Begun {
		k.Threads.Block(t, thread.Disk, k.Files.DiskOf(t.Regs.DI), thread.Never)
		return blocked
	}
	if result != -abi.EAGAIN || k.Files.Object(t.Regs.DI).Flags&abi.OpenNonblock != 0 {
		return result
	}
	return k.retry(t, thread.Never)
}

func (k *Kernel) read(t *thread.Thread) int64 {
	return k.finish(t, k.Files.Read(t.Regs.DI, t.Regs.SI, t.Regs.DX))
}

func (k *Kernel) write(t *thread.Thread) int64 {
	result := k.Files.Write(t.Regs.DI, t.Regs.SI, t.Regs.DX)
	k.tellReady()
	if result == -abi.EPIPE {
		k.Threads.Send(t, abi.SIGPIPE)
	}
	return k.finish(t, result)
}

// writev writes the first of its pieces that has a length; a program sees a short count and goes
// on.
func (k *Kernel) writev(t *thread.Thread) int64 {
	r := &t.Regs
	if r.DX > vectorsMax {
		return -abi.EINVAL
	}
	if k.Files.Object(r.DI) == nil {
		return -abi.EBADF
	}
	for i := range r.DX {
		address, ok1 := k.Space.Load64(r.SI + 16*i)
		length, ok2 := k.Space.Load64(r.SI + 16*i + 8)
		if !ok1 || !ok2 {
			return -abi.EFAULT
		}
		if length > 0 {
			return k.finish(t, k.Files.Write(r.DI, address, length))
		}
	}
	return 0
}

func (k *Kernel) fsync(t *thread.Thread) int64 {
	return k.finish(t, k.Files.Sync(t.Regs.DI))
}

func (k *Kernel) closeFile(t *thread.Thread) int64 { return k.Files.Close(t.Regs.DI) }

func (k *Kernel) dup(t *thread.Thread) int64 { return k.Files.Duplicate(t.Regs.DI) }

func (k *Kernel) dup3(t *thread.Thread) int64 {
	return k.Files.DuplicateTo(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) fcntl(t *thread.Thread) int64 {
	return k.Files.Control(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) pipe(t *thread.Thread) int64 { return k.Files.NewPipe(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) eventfd(t *thread.Thread) int64 { return k.Files.NewEvent(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) epollCreate(t *thread.Thread) int64 { return k.Files.NewEpoll(t.Regs.DI) }

func (k *Kernel) epollCtl(t *thread.Thread) int64 {
	r := &t.Regs
	return k.Files.Watch(r.DI, r.SI, r.DX, r.R10)
}

func (k *Kernel) epollPwait(t *thread.Thread) int64 {
	r := &t.Regs
	result := k.Files.Poll(r.DI, r.SI, r.DX)
	if result != -abi.EAGAIN {
		return result
	}
	timeout := int64(int32(r.R10))
	if timeout == 0 || t.Retried && t.Until <= k.now {
		return 0
	}
	until := int64(thread.Never)
	if timeout > 0 {
		until = k.now + timeout*1e6
	}
	return k.retry(t, until)
}

func (k *Kernel) getrandom(t *thread.Thread) int64 {
	r := &t.Regs
	const nonblock, random, insecure = 1, 2, 4
	if r.DX&^(nonblock|random|insecure) != 0 {
		return -abi.EINVAL
	}
	n := min(r.SI, file.TransferMax)
	for done := uint64(0); done < n; {
		chunk := k.Space.Chunk(r.DI+done, n-done, abi.ProtWrite)
		if chunk == nil {
			return -abi.EFAULT
		}
		k.Files.Devices.Random(chunk)
		done += uint64(len(chunk))
	}
	return int64(n)
}
