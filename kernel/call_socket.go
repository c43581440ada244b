package kernel

import "github.com/atoll-os/atoll/kernel/thread"

func (k *Kernel) socket(t *thread.Thread) int64 {
	return k.Files.NewSocket(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) bind(t *thread.Thread) int64 {
	return k.Files.Bind(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) listen(t *thread.Thread) int64 { return k.Files.Listen(t.Regs.DI) }

func (k *Kernel) connect(t *thread.Thread) int64 {
	return k.Files.Connect(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) accept(t *thread.Thread) int64 {
	r := &t.Regs
	return k.finish(t, k.Files.Accept(r.DI, r.SI, r.DX, r.R10))
}

func (k *Kernel) shutdown(t *thread.Thread) int64 { return k.Files.Shutdown(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) getsockname(t *thread.Thread) int64 {
	return k.Files.Name(t.Regs.DI, t.Regs.SI, t.Regs.DX, false)
}

func (k *Kernel) getpeername(t *thread.Thread) int64 {
	return k.Files.Name(t.Regs.DI, t.Regs.SI, t.Regs.DX, true)
}

func (k *Kernel) setsockopt(t *thread.Thread) int64 { return k.Files.Option(t.Regs.DI) }

func (k *Kernel) getsockopt(t *thread.Thread) int64 {
	return k.Files.OptionOf(t.Regs.DI, t.Regs.R10, t.Regs.R8)
}
