package unikernel

import "strings"

// Target is what a service runs as.
type Target string

// What a service may run as.
const (
	TargetProcess Target = "process" // of an operating system
	TargetVM      Target = "vm"      // a machine of its own, on Atoll's kernel
	TargetLab     Target = "lab"     // a host of a lab
)

// Kernel returns the name and the release that the kernel under the process tells, such as "Linux
// 6.1.0-atoll" on Atoll's own, which programs take for Linux. A host of a lab has no kernel of its
// own: it is that of the lab's process.
func Kernel() string {
	name, release := uname()
	return strings.TrimSpace(name + " " + release)
}
