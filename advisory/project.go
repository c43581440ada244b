package advisory

// Project says whose advisories these are: the file project.yaml beside the records. Nothing of it
// is fixed in the code.
type Project struct {
	Name      string   // "Atoll"
	Prefix    string   // of the ids: "ATOLL"
	BaseURL   string   // of the website, https, no slash at the end
	Contact   []string // where to report: URLs (mailto:, https:), first choice first
	Policy    string   // URL of the security policy
	Languages []string // of reports, BCP 47: "en"
	Modules   []string // paths of its Go modules: the others may be named, but not owned
	Category  string   // CSAF publisher category: "vendor"
	Unused    []Unused // numbers that stand for no advisory

	Keys []PublicKey // that the tree has besides the one that signs it: the files keys/*.asc
}

// PublicKey is a file with an armoured OpenPGP key: one that will sign, or that signed until not
// long ago, so that its change can be announced and looked up.
type PublicKey struct {
	File     string
	Armoured []byte
}

// Unused is an id that was left out or given back, and why: people ask.
type Unused struct{ ID, Reason string }

// ID of a record in OSV and in the Go vulnerability database: a prefix of our own is not in OSV's
// closed list, and "x_" marks a database of one's own (OSV 1.8.0). Imported records keep theirs
// where the list has their prefix.
func (p *Project) ID(r *Record) string {
	if r.Imported != nil {
		return r.ID
	}
	return "x_" + r.ID
}
