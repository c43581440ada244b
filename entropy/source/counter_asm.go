//go:build amd64 || arm64

package source

// counter reads the processor's time stamp counter: the finest clock there is.
func counter() uint64
