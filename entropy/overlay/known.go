package overlay

// sysrand is the file that is edited.
const sysrand = "crypto/internal/sysrand/rand.go"

// path lists the files in GOROOT/src that a draw passes on its way to the operating system, from
// the top.
var path = [...]string{
	"crypto/rand/rand.go",
	"crypto/internal/rand/rand.go",
	"crypto/internal/fips140/drbg/rand.go",
	sysrand,
}

// release is a version of Go whose files somebody has read.
type release struct {
	version string
	sums    [len(path)]string // SHA-256 of the files of path, in hexadecimal
}

// known are the releases that Write takes. The line to be edited may stand unchanged in a release
// whose keys go another way, and nobody would notice; so it is whole files that are compared, and
// all on the way. To add a release, read what changed in the four, then add the row that
// TestToolchainIsKnown prints.
var known = []release{
	{"go1.26.8", [...]string{
		"7c289648d453d0bdca0f05091d00bb86c94b69637080c748ff3d3476677521ac",
		"fff364e2098359a767f47041c9e2939ea76850424a36183adfe748c4ce5c6da3",
		"51f50927a7e45df77ddacc2fd7b5206f25ed52e0e9896eaa6fa62b677514025f",
		"76792623691f632274ea7996011bcfd90ddb52a83151f75fe149c255bb69cc1c",
	}},
}
