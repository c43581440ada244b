// Package overlay puts a generator of the program's own under crypto/rand and under every key that
// the standard library makes.
//
// Since Go 1.26 an io.Reader that a program hands to ecdsa.GenerateKey and its like is ignored, and
// tls.Config.Rand is not asked for X25519 keys: keys come from inside the standard library, and
// that asks the operating system.
// The one place where all of it passes is the function Read of crypto/internal/sysrand:
//
//	crypto/rand   ecdh   ecdsa   ed25519   rsa   mlkem   tls   x509
//	      │         │      │        │       │      │      │     │
//	      └─────────┴──────┴────────┼───────┴──────┴──────┴─────┘
//	                 crypto/internal/fips140/drbg.Read
//	                                │  GODEBUG=fips140=on: a generator of Go's own is
//	                                │  between, and takes 16 bytes a draw: refused
//	                 crypto/internal/sysrand.Read ──── what Install was given
//	                                │  before Install: counted
//	                       the operating system
//
// [Write] makes an overlay for go build that adds a hook there: one call in the first line of Read,
// and a file beside it. It copies no source of Go; it edits that of the toolchain it is told of,
// after it has made sure that this is one whose four files in the picture have been read. It
// refuses any other. The program is built with that overlay and the tag [Tag], and its main calls
// [Install]. Without the two it still builds, and Install says that the overlay is absent.
//
// What stays outside: the runtime's own seeds (the order of maps, select, math/rand,
// hash/maphash), which no key is made of.
package overlay
