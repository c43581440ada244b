package csaf

import (
	"slices"

	"github.com/atoll-os/atoll/advisory"
)

// metadata is provider-metadata.json (§7.1.7).
type metadata struct {
	CanonicalURL  string         `json:"canonical_url"`
	Distributions []distributing `json:"distributions"`
	LastUpdated   string         `json:"last_updated"`
	List          bool           `json:"list_on_CSAF_aggregators"`
	Version       string         `json:"metadata_version"`
	Mirror        bool           `json:"mirror_on_CSAF_aggregators"`
	Keys          []publicKey    `json:"public_openpgp_keys,omitempty"`
	Publisher     publisher      `json:"publisher"`
	Role          string         `json:"role"`
}

type distributing struct {
	DirectoryURL string       `json:"directory_url,omitempty"`
	ROLIE        *distributed `json:"rolie,omitempty"`
}

type distributed struct {
	Categories []string   `json:"categories"`
	Feeds      []feedLink `json:"feeds"`
	Services   []string   `json:"services"`
}

type feedLink struct {
	Summary string `json:"summary"`
	Label   string `json:"tlp_label"`
	URL     string `json:"url"`
}

type publicKey struct {
	Fingerprint string `json:"fingerprint"`
	URL         string `json:"url"`
}

func (t *tree) metadata() metadata {
	m := metadata{
		CanonicalURL:  t.url(MetadataPath),
		Distributions: []distributing{{DirectoryURL: t.url(Dir)}},
		LastUpdated:   stamp(t.public.Date),
		List:          true, Mirror: true, Version: "2.0",
		Publisher: publisherOf(&t.public.Project),
		Role:      "csaf_provider",
	}
	if t.key != nil {
		m.Distributions = append(m.Distributions, distributing{ROLIE: &distributed{
			Categories: []string{t.url(categoryPath)},
			Feeds:      []feedLink{{t.feedTitle(), "WHITE", t.url(feedPath)}},
			Services:   []string{t.url(servicePath)}}})
		for _, k := range append(t.others, t.key) { // the one that signs is the last
			m.Keys = append(m.Keys, publicKey{k.Fingerprint(), t.url(KeyPath(k))})
		}
		m.Role = "csaf_trusted_provider"
	}
	return m
}

func (t *tree) feedTitle() string {
	return "Advisories of " + t.public.Project.Name + " (TLP:WHITE)"
}

// service is the ROLIE service document (§7.1.16, RFC 8322 §5.1).
type service struct {
	Service struct {
		Workspace []workspace `json:"workspace"`
	} `json:"service"`
}

type workspace struct {
	Title      string       `json:"title"`
	Collection []collection `json:"collection"`
}

type collection struct {
	Title      string  `json:"title"`
	HRef       string  `json:"href"`
	Categories catalog `json:"categories"`
}

type catalog struct {
	Category []category `json:"category"`
}

type category struct {
	Scheme string `json:"scheme"`
	Term   string `json:"term"`
}

// ofCSAF is the category that every CSAF feed has (§7.1.15).
var ofCSAF = category{"urn:ietf:params:rolie:category:information-type", "csaf"}

func (t *tree) service() service {
	var s service
	s.Service.Workspace = []workspace{{t.public.Project.Name, []collection{
		{t.feedTitle(), t.url(feedPath), catalog{[]category{ofCSAF}}}}}}
	return s
}

// categories is the ROLIE category document (§7.1.17): the modules and images that the feed's
// entries are about.
func (t *tree) categories() any {
	list := []category{}
	for _, r := range t.documents {
		list = append(list, t.about(r)...)
	}
	slices.SortFunc(list, compareCategories)
	return struct {
		Categories catalog `json:"categories"`
	}{catalog{slices.Compact(list)}}
}

// about are the categories of a record.
func (t *tree) about(r *advisory.Record) []category {
	var list []category
	add := func(name string) {
		if c := (category{t.url(categoryPath), name}); name != "" && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	for _, a := range r.Affected {
		add(a.Module)
	}
	for _, i := range r.Images {
		add(i.Name)
	}
	return list
}
