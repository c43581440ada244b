package export

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncAll waits until everything below a directory is on the disk. One call for the file system is
// far quicker than one for each of 50,000 files.
func syncAll(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(d.Fd())))
}
