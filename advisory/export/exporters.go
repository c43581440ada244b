package export

import (
	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/cve"
	"github.com/atoll-os/atoll/advisory/feed"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/advisory/text"
	"github.com/atoll-os/atoll/advisory/vex"
)

// exporters are all formats, in the order in which they run.
var exporters = []exporter{
	{"osv", plain(osv.Export)},
	{"govulndb", plain(govulndb.Export)},
	{"csaf", csaf.Export},
	{"text", plain(text.Export)},
	{"feed", plain(feed.Export)},
	{"vex", plain(vex.Export)},
	{"cve", plain(cve.Export)},
}

// plain is an exporter whose files do not depend on the key.
func plain(export func(*advisory.Public) (advisory.Output, error)) func(*advisory.Public,
	*sign.Public) (advisory.Output, error) {
	return func(p *advisory.Public, _ *sign.Public) (advisory.Output, error) { return export(p) }
}
