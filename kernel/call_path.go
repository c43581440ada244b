package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/thread"
)

// withPath reads a path from the program's memory and calls do with it, or returns the error.
func (k *Kernel) withPath(address uint64, do func(k *Kernel, t *thread.Thread, path []byte) int64,
	t *thread.Thread) int64 {
	path, errno := k.Space.Text(k.path[:], address)
	if errno != 0 {
		return -errno
	}
	return do(k, t, path)
}

func (k *Kernel) openat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, openPath, t) }

func openPath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.Open(t.Regs.DI, path, t.Regs.DX, t.Regs.R10)
}

func (k *Kernel) mkdirat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, makePath, t) }

func makePath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.MakeFolder(t.Regs.DI, path, t.Regs.DX)
}

func (k *Kernel) fstatat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, statPath, t) }

func statPath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.StatOf(t.Regs.DI, path, t.Regs.DX, t.Regs.R10)
}

func (k *Kernel) unlinkat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, removePath, t) }

func removePath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.Remove(t.Regs.DI, path, t.Regs.DX)
}

func (k *Kernel) readlinkat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, linkPath, t) }

// executable is the link by which a program finds its own file, and where it leads: to no file.
const (
	executable   = "/proc/self/exe"
	executableAt = "/program"
)

// linkPath says that what is there is no link, but for the program's own.
func linkPath(k *Kernel, t *thread.Thread, path []byte) int64 {
	if file.Equal(path, executable) {
		var b [len(executableAt)]byte
		n := min(t.Regs.R10, uint64(copy(b[:], executableAt)))
		if !k.Space.CopyOut(t.Regs.DX, b[:n]) {
			return -abi.EFAULT
		}
		return int64(n)
	}
	if e := k.Files.Access(t.Regs.DI, path); e < 0 {
		return e
	}
	return -abi.EINVAL
}

func (k *Kernel) fchmodat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, modePath, t) }

func modePath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.ModeOf(t.Regs.DI, path, t.Regs.DX)
}

func (k *Kernel) faccessat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, accessPath, t) }

func accessPath(k *Kernel, t *thread.Thread, path []byte) int64 {
	return k.Files.Access(t.Regs.DI, path)
}

func (k *Kernel) chdir(t *thread.Thread) int64 { return k.withPath(t.Regs.DI, goPath, t) }

func goPath(k *Kernel, t *thread.Thread, path []byte) int64 { return k.Files.Go(path) }

func (k *Kernel) renameat(t *thread.Thread) int64 { return k.withPath(t.Regs.SI, renamePath, t) }

func renamePath(k *Kernel, t *thread.Thread, path []byte) int64 {
	to, errno := k.Space.Text(k.path2[:], t.Regs.R10)
	if errno != 0 {
		return -errno
	}
	return k.Files.Rename(t.Regs.DI, path, t.Regs.DX, to)
}

func (k *Kernel) renameat2(t *thread.Thread) int64 {
	if t.Regs.R8 != 0 {
		return -abi.EINVAL
	}
	return k.renameat(t)
}

func (k *Kernel) fchdir(t *thread.Thread) int64 { return k.Files.GoTo(t.Regs.DI) }

func (k *Kernel) getcwd(t *thread.Thread) int64 { return k.Files.Here(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) fstat(t *thread.Thread) int64 { return k.Files.Stat(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) lseek(t *thread.Thread) int64 {
	return k.Files.Seek(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}

func (k *Kernel) pread(t *thread.Thread) int64 {
	r := &t.Regs
	return k.finish(t, k.Files.ReadAt(r.DI, r.SI, r.DX, r.R10))
}

func (k *Kernel) pwrite(t *thread.Thread) int64 {
	r := &t.Regs
	return k.finish(t, k.Files.WriteAt(r.DI, r.SI, r.DX, r.R10))
}

func (k *Kernel) ftruncate(t *thread.Thread) int64 {
	return k.Files.Truncate(t.Regs.DI, t.Regs.SI)
}

func (k *Kernel) fchmod(t *thread.Thread) int64 { return k.Files.Mode(t.Regs.DI, t.Regs.SI) }

func (k *Kernel) getdents(t *thread.Thread) int64 {
	return k.Files.Entries(t.Regs.DI, t.Regs.SI, t.Regs.DX)
}
