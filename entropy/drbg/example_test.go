package drbg_test

import (
	"fmt"

	"github.com/atoll-os/atoll/entropy/drbg"
)

// A program counts its generations: the machine that it runs in may be copied.
func ExampleGenerator() {
	root, err := drbg.NewCTR(make([]byte, drbg.CTRSeedBytes), nil) // entropy, in earnest
	if err != nil {
		panic(err)
	}
	seed := func() (seed [drbg.SeedBytes]byte) {
		if err := root.Generate(seed[:], nil); err != nil {
			panic(err)
		}
		return seed
	}
	generation, first := uint64(1), seed()
	child, p := drbg.NewGenerator(&first, generation), make([]byte, 8)
	fmt.Println(child.Read(p, generation))
	generation++ // somebody has noticed a copy
	fmt.Println(child.Read(p, generation))
	second := seed() // after new entropy has reached the root
	child.Reseed(&second, generation)
	fmt.Println(child.Read(p, generation))
	fmt.Println(child)
	// Output:
	// true
	// false
	// true
	// drbg.Generator(redacted)
}
