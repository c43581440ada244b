//go:build unix

package machine

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"testing"
)

// alone is a machine that other hypervisors than QEMU can make.
var alone = &Config{Image: "it's.elf", Memory: 64 << 20, Options: []string{"kernel.statistics"},
	Args: []string{"one", "two"}, Nets: []Net{{TAP: "tap0",
		MAC: net.HardwareAddr{0x52, 0x54, 0, 0, 0, 15}}}}

// TestFirecracker: it is given a file, the kernel's last line says how the machine ended, and there
// is no way to ask the program to stop. The program that stands for it only shows what it is given.
func TestFirecracker(t *testing.T) {
	h := fakeOf(t, Firecracker, `[ "$1" = --version ] && { echo Firecracker v1.9.1; exit 0; }
[ "$1 $2" = "--no-api --config-file" ] || exit 3
cat "$3"; printf 'atoll: exit value 8\r\n'`)
	if h.Version != "1.9.1" || h.Kind != Firecracker {
		t.Errorf("found %+v", h)
	}
	var console bytes.Buffer
	m, err := h.Start(t.Context(), alone, &console)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Stop(); !errors.Is(err, ErrEnded) {
		t.Errorf("stop: %v", err)
	}
	if exit, _ := m.Wait(); exit != (Exit{End: Exited, Code: 7}) {
		t.Errorf("%+v", exit)
	}
	text, _, _ := strings.Cut(console.String(), "atoll:")
	var got struct {
		Boot struct {
			Kernel string `json:"kernel_image_path"`
			Args   string `json:"boot_args"`
		} `json:"boot-source"`
		Machine struct {
			CPUs   int `json:"vcpu_count"`
			Memory int `json:"mem_size_mib"`
		} `json:"machine-config"`
		Nets []struct {
			TAP string `json:"host_dev_name"`
			MAC string `json:"guest_mac"`
		} `json:"network-interfaces"`
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if got.Boot.Kernel != "it's.elf" || got.Boot.Args != "kernel.statistics -- one two" ||
		got.Machine.CPUs != 1 || got.Machine.Memory != 64 || len(got.Nets) != 1 ||
		got.Nets[0].TAP != "tap0" || got.Nets[0].MAC != "52:54:00:00:00:0f" {
		t.Errorf("it was given %s", text)
	}
}

// TestCloudHypervisor: it is given words.
func TestCloudHypervisor(t *testing.T) {
	h := fakeOf(t, CloudHypervisor, `[ "$1" = --version ] && { echo cloud-hypervisor v41.0; exit 0; }
for word; do echo "<$word>"; done`)
	if h.Version != "41.0" {
		t.Errorf("version %s", h.Version)
	}
	var console bytes.Buffer
	m, err := h.Start(t.Context(), alone, &console)
	if err != nil {
		t.Fatal(err)
	}
	if exit, _ := m.Wait(); exit != (Exit{End: Reset}) {
		t.Errorf("without the kernel's last word: %+v", exit)
	}
	want := "<--kernel> <it's.elf> <--cmdline> <kernel.statistics -- one two> <--cpus> <boot=1> " +
		"<--memory> <size=64M> <--rng> <src=/dev/urandom> <--serial> <tty> <--console> <off> " +
		"<--net> <tap=tap0,mac=52:54:00:00:00:0f>"
	if got := strings.Join(strings.Fields(console.String()), " "); got != want {
		t.Errorf("it was given %s\nwant %s", got, want)
	}
}

// TestOthersRefuse: what only QEMU can is refused by others in words; a hypervisor that fails is
// told, and so is one that is missing.
func TestOthersRefuse(t *testing.T) {
	h := fakeOf(t, Firecracker, `[ "$1" = --version ] && exit 0
echo no KVM >&2; exit 1`)
	for want, change := range map[string]func(*Config){
		"only QEMU repeats":                 func(c *Config) { c.Replay, c.Nets = true, nil },
		"only QEMU hands over":              func(c *Config) { c.Env = []string{"A=1"} },
		"its network card needs a TAP":      func(c *Config) { c.Nets = []Net{{User: true}} },
		`"two words" cannot be an argument`: func(c *Config) { c.Args = []string{"two words"} },
		"its memory is 1 MiB":               func(c *Config) { c.Memory = 1 << 20 },
	} {
		c := *alone
		change(&c)
		_, err := h.Start(t.Context(), &c, &bytes.Buffer{})
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	m, err := h.Start(t.Context(), alone, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if exit, _ := m.Wait(); exit != (Exit{End: Failed, Why: "no KVM"}) {
		t.Errorf("%+v", exit)
	}
	t.Setenv("PATH", t.TempDir())
	_, err = Find(t.Context(), CloudHypervisor)
	const missing = "machine: cloud-hypervisor is not installed"
	if !errors.Is(err, ErrNoHypervisor) || err.Error() != missing {
		t.Errorf("a hypervisor that is missing: %v", err)
	}
	for _, k := range []Kind{QEMU, Firecracker, CloudHypervisor} {
		if k.Install() == "" {
			t.Errorf("nothing is said about how to install %s", k)
		}
	}
}

// TestExitSaid: only the kernel's own last line counts.
func TestExitSaid(t *testing.T) {
	for last, want := range map[string]Exit{
		"atoll: exit value 1":   {End: Exited},
		"atoll: exit value 126": {End: Watchdog},
		"atoll: exit value 127": {End: Panicked},
		"atoll: exit value 128": {End: Reset},
		"atoll: exit value 0":   {End: Reset},
		"atoll: exit value x":   {End: Reset},
		"bye":                   {End: Reset},
		"":                      {End: Reset},
	} {
		if got := exitSaid(0, last, ""); got != want {
			t.Errorf("%q: %+v, want %+v", last, got, want)
		}
	}
	p := &plain{to: &bytes.Buffer{}}
	for _, text := range []string{strings.Repeat("long", 100), "\r\natoll: exit", " value 3", "\r\n"} {
		p.Write([]byte(text))
	}
	if p.last() != "atoll: exit value 3" {
		t.Errorf("the last line is %q", p.last())
	}
}
