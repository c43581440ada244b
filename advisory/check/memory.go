package check

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
)

// thrifty is the environment for the look at symbols, which makes much garbage in a short life: if
// nobody says otherwise it is collected less often, as long as it takes no more than half of the
// memory that is free. Beyond that the collector works as by default, which needs twice what lives.
func thrifty(environ []string, free int64) []string {
	for _, e := range environ {
		if strings.HasPrefix(e, "GOGC=") || strings.HasPrefix(e, "GOMEMLIMIT=") {
			return environ
		}
	}
	if free == 0 {
		return environ
	}
	return append(environ, "GOGC=400", fmt.Sprintf("GOMEMLIMIT=%d", free/2))
}

// freeMemory is how many bytes a process can have, on Linux; 0 if that is not known. In a container
// it is the container's limit, if it has one.
func freeMemory(root string) int64 {
	text, err := os.ReadFile(root + "/proc/meminfo")
	if err != nil {
		return 0
	}
	free := available(text)
	for _, name := range []string{"/sys/fs/cgroup/memory.max",
		"/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(root + name)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil && limit > 0 { // "max" is none
			free = min(free, limit)
		}
	}
	return free
}

// available finds MemAvailable, which is in KiB, in /proc/meminfo.
func available(text []byte) int64 {
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte("MemAvailable:"))
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(
			strings.TrimSpace(string(rest)), "kB")), 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64>>10 {
			return 0
		}
		return n << 10
	}
	return 0
}
