//go:build atollkernel && linux && amd64

package main

import (
	"github.com/atoll-os/atoll/entropy/drbg/early"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/mem"
)

// A hypervisor that can copy machines changes 16 bytes in their memory before a copy runs: the VM
// generation identifier. QEMU wants to know where they are, and has them for the start, in two
// files of its configuration (docs/specs/vmgenid.rst of QEMU).
const (
	fwcfgIdentifier   = "etc/vmgenid_guid"
	fwcfgIdentifierAt = 40
	fwcfgAddress      = "etc/vmgenid_addr"
	generationBytes   = 16
)

var (
	generationAt uint64 // physical address of the identifier, the first of a page; 0: there is none
	generation   [generationBytes / 8]uint64
)

// findGeneration gives the identifier a page, and tells the hypervisor, if it changes one. The
// firmware may have done that before; the page of the last who tells is the one that counts.
func findGeneration() {
	size, ok := openFWCfg(fwcfgIdentifier)
	if !ok || size < fwcfgIdentifierAt+generationBytes {
		return
	}
	page, ok := k.Space.Pages.Take()
	if !ok {
		return
	}
	for range fwcfgIdentifierAt {
		readFWCfg()
	}
	for i := range uint64(generationBytes) {
		ram[page+i] = readFWCfg()
	}
	var address [8]byte
	mem.Store64(address[:], page)
	if !writeFWCfg(fwcfgAddress, &address) {
		k.Space.Pages.Give(page)
		return
	}
	generationAt = page
	generation = readGeneration()
	k.Files.SetGeneration(page, generationDigest())
}

func readGeneration() [generationBytes / 8]uint64 {
	return [generationBytes / 8]uint64{ram.Load(generationAt), ram.Load(generationAt + 8)}
}

// lookGeneration finds out whether the machine has become a copy. Two words are compared whenever
// the kernel is entered or gives random bytes, so that not one of the state that was copied is
// given.
func lookGeneration() {
	if generationAt == 0 {
		return
	}
	if now := readGeneration(); now[0] != generation[0] || now[1] != generation[1] {
		generation = now
		renew()
	}
}

// renew makes another generator of the one that was copied: it trusts nothing of before, and gives
// nothing until the host's source and the processor's have given enough anew. It also sets the
// clock.
func renew() {
	var b [generationBytes]byte
	identifier(&b)
	generator.Distrust()
	generator.Absorb(b[:], 0)
	mem.Store64(b[:], counter())
	generator.Absorb(b[:], 0)
	if hostEntropy.Present {
		absorbHost()
	}
	drainAll()
	setWall()
	k.Files.SetGeneration(generationAt, generationDigest())
	printText("atoll: this machine is a copy\n")
	printGeneration()
}

// identifier writes the identifier as bytes.
func identifier(b *[generationBytes]byte) {
	mem.Store64(b[:8], generation[0])
	mem.Store64(b[8:], generation[1])
}

// generationDigest is what is told of the identifier: it is no secret, but nobody needs it either.
func generationDigest() (digest [file.DigestBytes]byte) {
	var b [generationBytes]byte
	var sum [early.HashBytesMax]byte
	var h early.Hash
	identifier(&b)
	h.Init(file.DigestBytes, nil)
	h.Write(b[:])
	h.Sum(&sum)
	copy(digest[:], sum[:])
	return digest
}

// printGeneration prints which copy this is, or that nobody would tell.
func printGeneration() {
	printText("atoll: generation: ")
	if generationAt == 0 {
		printText("none\n")
		return
	}
	var text [2 * file.DigestBytes]byte
	for i, v := range generationDigest() {
		text[2*i], text[2*i+1] = "0123456789abcdef"[v>>4], "0123456789abcdef"[v&15]
	}
	console(text[:])
	printText("\n")
}
