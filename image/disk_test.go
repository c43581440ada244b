package image

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGuestDisk: a file of the host is a disk, which a program reads and writes like a file; what
// it wrote is there when the machine has ended.
func TestGuestDisk(t *testing.T) {
	image := imageFile(t, guests+"disk")
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "disk.raw")
			sectors := bytes.Repeat([]byte("host "), 512*2100/5)
			if err := os.WriteFile(name, sectors[:512*2099], 0o600); err != nil {
				t.Fatal(err)
			}
			boot := func(options string) (console string, code int) {
				return runGuest(t, image, "64", "", slices.Concat(kinds[kind], []string{
					"-drive", "if=none,id=d,format=raw,file=" + name + options,
					"-device", virtioDevice(kind, "virtio-blk") + ",drive=d"})...)
			}
			console, code := boot("")
			const want = "size 1074688 1074688 true <nil>\nbegins \"host \"\nbeyond: true\n" +
				"same: true <nil>\n"
			if code != status(0) || console != want {
				t.Errorf("status %d, console:\n%s\nwant:\n%s", code, console, want)
			}
			after, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if string(after[:5]) != "guest" || !bytes.Contains(after, bytes.Repeat([]byte("h"), 9000)) {
				t.Errorf("the file begins %q", after[:20])
			}
			console, code = boot(",readonly=on")
			if code != status(0) || console != "read only \"guest\" <nil>\nwritten: false\n" {
				t.Errorf("read only: status %d, console:\n%s", code, console)
			}
		})
	}
}

// TestGuestMissesDisk: without a disk the program is told that there is no such file.
func TestGuestMissesDisk(t *testing.T) {
	console, code := runGuest(t, imageFile(t, guests+"disk"), "32", "")
	if code != status(1) || !strings.Contains(console, "/dev/blk0: no such file or directory") {
		t.Errorf("status %d, console:\n%s", code, console)
	}
}
