package check

import (
	"slices"
	"testing"

	"golang.org/x/tools/txtar"
)

func TestFreeMemory(t *testing.T) {
	for want, files := range map[int64]string{
		0:       "",
		4 << 20: "-- proc/meminfo --\nMemTotal: 9999 kB\nMemAvailable:    4096 kB\n",
		3 << 20: "-- proc/meminfo --\nMemAvailable: 4096 kB\n-- sys/fs/cgroup/memory.max --\n3145728\n",
		5 << 20: "-- proc/meminfo --\nMemAvailable: 5120 kB\n-- sys/fs/cgroup/memory.max --\nmax\n",
	} {
		unpack(t, txtar.Parse([]byte(files)))
		if got := freeMemory("."); got != want {
			t.Errorf("%q: %d, want %d", files, got, want)
		}
	}
	for _, text := range []string{"MemFree: 1 kB", "MemAvailable: -1 kB", "MemAvailable: many kB",
		"MemAvailable: 9223372036854775807 kB"} {
		if got := available([]byte(text)); got != 0 {
			t.Errorf("%q: %d", text, got)
		}
	}
}

// Who has set the collector keeps it, and without knowledge of memory nothing is set.
func TestThrifty(t *testing.T) {
	for _, environ := range [][]string{{"GOGC=50"}, {"A=B", "GOMEMLIMIT=1GiB"}} {
		if got := thrifty(environ, 1<<30); !slices.Equal(got, environ) {
			t.Errorf("%q becomes %q", environ, got)
		}
	}
	if got := thrifty([]string{"A=B"}, 0); len(got) != 1 {
		t.Errorf("without knowledge: %q", got)
	}
	want := []string{"A=B", "GOGC=400", "GOMEMLIMIT=512"}
	if got := thrifty([]string{"A=B"}, 1024); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
