// Package image makes a bootable image of a program: one ELF file that QEMU, Firecracker, Cloud
// Hypervisor and Xen start by PVH, without firmware and without a loader. The same kernel and the
// same program give the same bytes.
//
//	kernel.elf ─ parse, overwrite the Go runtime, keep pages with code ─┐
//	program    ─ check, whole and unchanged ────────────────────────────┼─> layout ─> PVH ELF
//	stub, GDT, page tables, vDSO ───────────────────────────────────────┘
//
// Everything that the machine needs before the kernel's first instruction is computed here: page
// tables with W^X for each page of the kernel, the segments, the note with the entry. The stub of
// 32 bits that turns on paging is the only code that does not come from the Go toolchain.
//
// # What to read first
//
// Xen's docs/misc/pvh.pandoc for the state at the entry; Intel SDM vol. 3 §4.5 for page tables;
// package kernel/layout for the places.
package image
