// Package machine is the host's side of a machine that runs: it finds the hypervisor, writes its
// command line, starts it, shows the machine's console, and says how the machine ended.
//
//	Config ─ Hypervisor.Command ─> QEMU ── serial port ──> console
//	  arguments, environment, seed │  ^
//	  as files of fw_cfg ──────────┘  └── QMP: quit, an NMI
//	                               │
//	                            status ─> Exit
//
// What a machine is given, also secrets, goes through files that only their owner can read, never
// on a command line that everybody on the host sees.
//
// # What to read first
//
// docs/unikernel.md, "How a machine ends"; QEMU's docs/system/i386/microvm.rst,
// docs/specs/fw_cfg.rst and docs/interop/qmp-spec.txt.
package machine
