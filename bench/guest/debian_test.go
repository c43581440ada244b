package guest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/image"
	"github.com/atoll-os/atoll/image/lan"
)

// kernelPackage is Debian's package that has the kernel.
const kernelPackage = "linux-image-cloud-amd64"

// linuxMemory is what Linux and the program need, with some room, in bytes: with 80 MiB it does not
// start.
const linuxMemory = 128 << 20

// drivers of the network card, each after those that it needs.
var drivers = []string{"drivers/virtio/virtio_ring.ko", "drivers/virtio/virtio.ko",
	"drivers/virtio/virtio_mmio.ko", "net/core/failover.ko", "drivers/net/net_failover.ko",
	"drivers/net/virtio_net.ko"}

// debian is a Linux of Debian's with a program that is all that runs on it.
type debian struct {
	hypervisor     string
	kernel, initrd string // file names
}

// newDebian makes a Linux with a program, or skips the benchmark.
func newDebian(b *testing.B, hypervisor, pattern string) *debian {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	place := filepath.Join(cache, "atoll-ci", kernelPackage+"-*")
	found, err := filepath.Glob(filepath.Join(place, "boot", "vmlinuz-*"))
	if err != nil {
		b.Fatal(err)
	}
	if len(found) != 1 {
		b.Skipf("needs Debian's package %s, which .ci/linux-kernel fetches: %d kernels in %s",
			kernelPackage, len(found), place)
	}
	d := &debian{hypervisor: hypervisor, kernel: found[0],
		initrd: filepath.Join(b.TempDir(), "initrd")}
	if err := os.WriteFile(d.initrd, d.files(b, pattern), 0o600); err != nil {
		b.Fatal(err)
	}
	return d
}

// files returns the archive of all files that this Linux has.
func (d *debian) files(b *testing.B, pattern string) []byte {
	a := &archive{}
	a.add("dev", kindDirectory, 0, 0, nil)
	a.add("dev/console", kindDevice, 5, 1, nil)
	a.add("init", kindFile, 0, 0, compile(b, ".", "./init"))
	a.add("program", kindFile, 0, 0, compile(b, root, pattern))
	a.add("modules", kindDirectory, 0, 0, nil)
	release := strings.TrimPrefix(filepath.Base(d.kernel), "vmlinuz-")
	for i, name := range drivers {
		data, err := os.ReadFile(filepath.Join(filepath.Dir(d.kernel), "..", "lib", "modules",
			release, "kernel", name))
		if err != nil {
			b.Fatal(err)
		}
		a.add(fmt.Sprintf("modules/%d.ko", i), kindFile, 0, 0, data)
	}
	return a.bytes()
}

// compile builds a program for Linux, as atoll build --target process does.
func compile(b *testing.B, dir, pattern string) []byte {
	b.Helper()
	b.Setenv("CGO_ENABLED", "0")
	b.Setenv("GOOS", "linux")
	b.Setenv("GOARCH", "amd64")
	file, err := image.CompileProcess(b.Context(), dir, pattern, "-ldflags", "-buildid= -w")
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func (d *debian) name() string { return "linux" }

// bytes is what the machine is loaded with.
func (d *debian) bytes() int64 { return size(d.kernel) + size(d.initrd) }

func (d *debian) memory() int64 { return linuxMemory }

// start starts QEMU with the devices that Atoll's machine has.
func (d *debian) start(b *testing.B, p *lan.Place, c *console) *started {
	line := []string{"-M", "microvm,acpi=on,x-option-roms=off,pit=on,pic=on,rtc=on,isa-serial=on",
		"-m", fmt.Sprint(linuxMemory >> 20), "-nodefaults", "-no-user-config", "-no-reboot",
		"-display", "none", "-serial", "stdio", "-global", "virtio-mmio.force-legacy=false",
		"-accel", "tcg", "-cpu", "max", "-kernel", d.kernel, "-initrd", d.initrd,
		"-append", fmt.Sprintf("console=ttyS0 quiet panic=-1 %s ATOLL_IP=%v,%v", clock(b), p.Address,
			p.Router),
		"-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-device,rng=rng",
		"-chardev", "null,id=control", "-device", "virtio-serial-device,max_ports=1",
		"-device", "virtconsole,chardev=control",
		"-netdev", "stream,id=net0,server=off,addr.type=unix,addr.path=" + p.Socket,
		"-device", fmt.Sprintf("virtio-net-device,netdev=net0,mac=%v", p.MAC)}
	cmd := exec.Command(d.hypervisor, line...)
	cmd.Stdout, cmd.Stderr = c, c
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		cmd.Wait()
		close(done)
	}()
	return &started{begun: begun, pid: cmd.Process.Pid, done: done, kill: func() {
		cmd.Process.Kill()
		<-done
	}}
}

// clock tells Linux how fast the processor's counter runs, which in emulation is the host's. When
// Linux measures that itself, against a timer that QEMU emulates, it fails on a host with other
// work, and then hangs.
func clock(b *testing.B) string {
	b.Helper()
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "cpu MHz")
	var colon string
	var mhz float64
	if _, err := fmt.Sscan(rest, &colon, &mhz); err != nil {
		b.Fatalf("the processor's frequency is not in /proc/cpuinfo: %v", err)
	}
	return fmt.Sprintf("tsc_early_khz=%.0f", mhz*1000)
}
