// Package advisories is the project's own security advisories, as files: what its website is made
// of. The directory is one that atoll advisory works on, with this file beside.
package advisories

import "embed"

// FS holds project.yaml and the records.
//
//go:embed *
var FS embed.FS
