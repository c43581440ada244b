package osv

import (
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Where the files are, relative to the website's root.
const (
	Dir     = "advisories/osv/"
	AllPath = Dir + "all.json" // what osv.dev polls: [{"id","modified"}]

	// osv-scanner with --offline looks for a database of its ecosystem under one of these names:
	// up to 2.4 in $OSV_SCANNER_LOCAL_DB_CACHE_DIRECTORY, then in
	// $OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY.
	ScannerZip = Dir + "osv-scanner/Go/all.zip"
	ScalibrZip = Dir + "osv-scalibr/Go/all.zip"
)

// listed is a line of all.json.
type listed struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
}

// Export writes a file for every record, the list of them and the two archives for osv-scanner,
// which have the records that name a Go module.
func Export(p *advisory.Public) (advisory.Output, error) {
	var out advisory.Output
	items, err := Items(p)
	if err != nil {
		return out, err
	}
	if err := Sort(items); err != nil {
		return out, err
	}
	all := make([]listed, 0, len(items))
	var members []advisory.File
	for _, item := range items {
		e, name := item.Entry, item.Entry.ID+".json"
		all = append(all, listed{e.ID, e.Modified})
		out.Files = append(out.Files, advisory.File{Path: Dir + name, Data: item.JSON})
		if e.In(advisory.Go) {
			members = append(members, advisory.File{Path: name, Data: item.JSON})
		}
	}
	archive, err := Zip(members)
	if err != nil {
		return out, err
	}
	out.Files = append(out.Files,
		advisory.File{Path: AllPath, Data: encode(all)},
		advisory.File{Path: ScannerZip, Data: archive},
		advisory.File{Path: ScalibrZip, Data: archive})
	return out, nil
}
