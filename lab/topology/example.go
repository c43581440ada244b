package topology

import _ "embed"

//go:embed example.yaml
var example []byte

//go:embed schema.json
var schema []byte

// Example returns a topology file with comments that explain it. It runs, and what it expects
// holds.
func Example() []byte { return append([]byte(nil), example...) }

// Schema returns the JSON Schema (2020-12) of topology files, for editors.
func Schema() []byte { return append([]byte(nil), schema...) }
