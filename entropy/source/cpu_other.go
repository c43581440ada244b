//go:build !amd64

package source

const hasRDRAND, hasRDSEED = false, false

func rdrand32() (value uint32, ok bool) { return 0, false }
func rdseed32() (value uint32, ok bool) { return 0, false }
