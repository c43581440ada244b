package site

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/unikernel"
)

// Facts returns what tells, for Options.Facts, on what a machine runs. In a lab it tells nothing of
// the process that the lab is in: a lab repeats to the byte.
func Facts(m *unikernel.Machine) func() []Fact {
	begun := time.Now()
	return func() []Fact {
		up := time.Since(begun).Truncate(time.Second)
		return []Fact{
			{"Kernel", kernelFact(m.Target())},
			{"Go", runtime.Version()},
			{"Program", programFact()},
			{"Memory", memoryFact(m.Target())},
			{"Up for", units.Duration(up)},
			{"Entropy", entropyFact(m)},
			{"Generation", generationFact(m)},
		}
	}
}

// kernelFact names what is under the program.
func kernelFact(t unikernel.Target) string {
	switch t {
	case unikernel.TargetVM:
		return "Atoll; this program is all that runs on the machine, and takes it for " +
			unikernel.Kernel()
	case unikernel.TargetLab:
		return "none: a host of a lab, with Atoll's TCP/IP, in a process with others"
	}
	return unikernel.Kernel() + "; this program is a process of it"
}

// programFact is the module that the program is of, and its version.
func programFact() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of unknown source"
	}
	version := info.Main.Version
	if version == "" {
		version = "(devel)"
	}
	return strings.TrimSpace(info.Main.Path + " " + version)
}

// memoryFact is what the Go runtime has of the system's memory, and its limit.
func memoryFact(t unikernel.Target) string {
	if t == unikernel.TargetLab {
		return "of the process that the lab is in"
	}
	const mib = 1 << 20
	text := fmt.Sprintf("%.1f MiB taken", float64(memoryTaken())/mib)
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 { // a negative one only asks
		text += fmt.Sprintf(", %.1f MiB at most", float64(limit)/mib)
	}
	return text
}

// entropyFact is the state of the machine's random numbers.
func entropyFact(m *unikernel.Machine) string {
	if m.Target() == unikernel.TargetLab {
		return "none: random numbers follow from the lab's seed"
	}
	system, ok := m.Clones.(interface{ Status() entropy.Status })
	if !ok {
		return "not told"
	}
	s := system.Status()
	if !s.Ready {
		return "not ready: " + s.Waiting
	}
	var sources []string
	for _, in := range s.Sources {
		sources = append(sources, in.Name+" "+in.State)
	}
	return fmt.Sprintf("ready, seeded %d times; %s", s.Reseeds, strings.Join(sources, ", "))
}

// generationFact is how often the machine found itself in a copy of itself.
func generationFact(m *unikernel.Machine) string {
	if m.Clones == nil {
		return "none: nothing can copy it"
	}
	text := fmt.Sprintf("%d copies were found", m.Clones.Generation())
	system, ok := m.Clones.(interface{ Status() entropy.Status })
	if !ok {
		return text
	}
	by := slices.DeleteFunc(system.Status().Generations, func(name string) bool {
		return name == "fork" && m.Target() == unikernel.TargetVM // one process: it has no forks
	})
	if len(by) > 0 {
		return text + ", told by " + strings.Join(by, ", ")
	}
	return text + "; nothing here tells of them"
}
