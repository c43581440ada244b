package source

import "github.com/atoll-os/atoll/entropy"

// kernelName is the name of the operating system's generator as a source.
const kernelName = "getrandom"

// kernelSpec claims all bits: the output of a good generator cannot be told from them.
var kernelSpec = entropy.Spec{Name: kernelName, Kind: entropy.Noise, SymbolBits: 8, Claim: 8000,
	Origin: "kernel", Prompt: true}
