package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/thread"
)

// answer returns the result of a call about a socket, or lets t wait for the driver's answer, which
// comes at once: also what does not wait for peers waits for that.
func (k *Kernel) answer(t *thread.Thread, result int64) int64 {
	if result == file.Asking {
		return k.retry(t, thread.Never)
	}
	return result
}

func (k *Kernel) socket(t *thread.Thread) int64 {
	return k.Files.NewSocket(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) bind(t *thread.Thread) int64 {
	return k.answer(t, k.Files.Bind(t.Regs.DI, t.Regs.SI, t.Regs.DX))
}

func (k *Kernel) listen(t *thread.Thread) int64 {
	return k.answer(t, k.Files.Listen(t.Regs.DI, t.Regs.SI))
}

// connect waits on a socket that waits until the connection is there.
func (k *Kernel) connect(t *thread.Thread) int64 {
	again := t.Retried
	result := k.Files.Connect(t.Regs.DI, t.Regs.SI, t.Regs.DX)
	switch {
	case result != -abi.EINPROGRESS && result != -abi.EALREADY && result != -abi.EISCONN:
		return k.answer(t, result)
	case k.Files.Object(t.Regs.DI).Flags&abi.OpenNonblock != 0:
		return result
	case result != -abi.EISCONN:
		return k.retry(t, thread.Never)
	case again:
		return 0
	}
	return result
}

func (k *Kernel) accept(t *thread.Thread) int64 {
	r := &t.Regs
	return k.finish(t, k.Files.Accept(r.DI, r.SI, r.DX, r.R10))
}

// message returns the result of a transfer with flags of its own.
func (k *Kernel) message(t *thread.Thread, result int64, flags uint64) int64 {
	if result == -abi.EPIPE && flags&abi.MessageNoSignal == 0 {
		k.Threads.Send(t, abi.SIGPIPE)
	}
	if flags&abi.MessageDontWait != 0 {
		return result
	}
	return k.finish(t, result)
}

func (k *Kernel) sendto(t *thread.Thread) int64 {
	r := &t.Regs
	to := file.Peer{At: r.R8, Length: r.R9}
	return k.message(t, k.Files.Send(r.DI, r.SI, r.DX, to, r.R10), r.R10)
}

func (k *Kernel) recvfrom(t *thread.Thread) int64 {
	r := &t.Regs
	from := file.Peer{At: r.R8, Length: r.R9}
	return k.message(t, k.Files.Receive(r.DI, r.SI, r.DX, from, r.R10), r.R10)
}

func (k *Kernel) sendmsg(t *thread.Thread) int64 {
	r := &t.Regs
	return k.message(t, k.Files.SendMessage(r.DI, r.SI, r.DX), r.DX)
}

func (k *Kernel) recvmsg(t *thread.Thread) int64 {
	r := &t.Regs
	return k.message(t, k.Files.ReceiveMessage(r.DI, r.SI, r.DX), r.DX)
}

func (k *Kernel) sendmmsg(t *thread.Thread) int64 {
	r := &t.Regs
	return k.message(t, k.Files.Messages(r.DI, r.SI, r.DX, r.R10, true), r.R10)
}

func (k *Kernel) recvmmsg(t *thread.Thread) int64 {
	r := &t.Regs
	if r.R8 != 0 {
		return -abi.EINVAL // a time limit
	}
	return k.message(t, k.Files.Messages(r.DI, r.SI, r.DX, r.R10, false), r.R10)
}

func (k *Kernel) shutdown(t *thread.Thread) int64 { return k.Files.Shutdown(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) getsockname(t *thread.Thread) int64 {
	return k.Files.Name(t.Regs.DI, t.Regs.SI, t.Regs.DX, false)
}

func (k *Kernel) getpeername(t *thread.Thread) int64 {
	return k.Files.Name(t.Regs.DI, t.Regs.SI, t.Regs.DX, true)
}

func (k *Kernel) setsockopt(t *thread.Thread) int64 {
	r := &t.Regs
	return k.Files.Option(r.DI, r.SI, r.DX, r.R10, r.R8)
}

func (k *Kernel) getsockopt(t *thread.Thread) int64 {
	r := &t.Regs
	return k.Files.OptionOf(r.DI, r.SI, r.DX, r.R10, r.R8)
}
