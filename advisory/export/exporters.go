package export

import (
	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// exporters are all formats, in the order in which they run.
var exporters = []exporter{}

// plain is an exporter whose files do not depend on the key.
func plain(export func(*advisory.Public) (advisory.Output, error)) func(*advisory.Public,
	*sign.Public) (advisory.Output, error) {
	return func(p *advisory.Public, _ *sign.Public) (advisory.Output, error) { return export(p) }
}
