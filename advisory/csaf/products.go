package csaf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// products collects the products of a record: for each module and image one for the versions that
// are affected, and one for each version that has the fix.
type products struct {
	project  *advisory.Project
	own      []branch // below the project's name
	others   []branch
	affected []string // product ids
	fixed    []string
	fixable  []string // of affected: there is a version to update to
	open     []string // of affected: there is none
	updates  []string // "example.org/mod to v1.2.3"
	n        int
}

// collect takes a record's modules and images in their order.
func collect(p *advisory.Project, r *advisory.Record) *products {
	c := &products{project: p}
	for i := range r.Affected {
		c.module(&r.Affected[i])
	}
	for i := range r.Images {
		c.image(&r.Images[i])
	}
	return c
}

// tree is the product tree. The project's own modules and images are below its name as vendor.
func (c *products) tree() *productTree {
	var t productTree
	if len(c.own) > 0 {
		t.Branches = []branch{{Category: "vendor", Name: c.project.Name, Branches: c.own}}
	}
	t.Branches = append(t.Branches, c.others...)
	return &t
}

func (c *products) module(a *advisory.Affected) {
	if a.Module == "" {
		return
	}
	version := func(v string) string { return v }
	purl := func(v string) *helper { return &helper{osv.PURL(a.Ecosystem, a.Module, v)} }
	kind := "generic"
	switch {
	case a.Ecosystem == advisory.Go:
		kind = "golang"
		if a.Module != "stdlib" && a.Module != "toolchain" {
			version = func(v string) string { return "v" + strings.TrimPrefix(v, "v") }
		}
	case slices.Contains(advisory.Ecosystems, a.Ecosystem):
		kind = strings.ToLower(a.Ecosystem)
	default:
		purl = func(string) *helper { return nil }
	}
	b := c.product(a.Module, kind, a.Ecosystem, a.Ranges, version, purl, a.Contains)
	if a.Ecosystem == advisory.Go && c.project.Owns(a.Module) {
		c.own = append(c.own, b)
	} else {
		c.others = append(c.others, b)
	}
}

func (c *products) image(i *advisory.Image) {
	if i.Name == "" {
		return
	}
	same := func(v string) string { return v }
	none := func(string) *helper { return nil }
	b := c.product(i.Name, "semver", advisory.Go, i.Ranges, same, none, i.Contains)
	c.own = append(c.own, b)
}

// product makes the branch of one module or image.
func (c *products) product(name, kind, ecosystem string, ranges []advisory.Range,
	version func(string) string, purl func(string) *helper, contains func(string) bool) branch {
	ranges = advisory.MergeRanges(ecosystem, ranges)
	vers, words := describe(kind, ranges, version)
	id := c.id()
	b := branch{Category: "product_name", Name: name, Branches: []branch{{
		Category: "product_version_range", Name: vers,
		Product: &product{name + " " + words, id, purl("")}}}}
	c.affected = append(c.affected, id)
	last := ""
	for _, r := range ranges {
		// A version that another range holds is no fix.
		if r.Fixed == "" || contains(r.Fixed) || r.Fixed == last {
			continue
		}
		last = r.Fixed
		id := c.id()
		v := version(r.Fixed)
		b.Branches = append(b.Branches, branch{Category: "product_version", Name: v,
			Product: &product{name + " " + v, id, purl(r.Fixed)}})
		c.fixed = append(c.fixed, id)
	}
	if last == "" {
		c.open = append(c.open, id)
	} else {
		c.fixable = append(c.fixable, id)
		c.updates = append(c.updates, name+" to "+version(last))
	}
	return b
}

func (c *products) id() string {
	c.n++
	return fmt.Sprintf("CSAFPID-%04d", c.n)
}

// describe returns ranges in the notation "vers" (https://github.com/package-url/vers-spec), and
// for people.
func describe(kind string, ranges []advisory.Range,
	version func(string) string) (vers, words string) {
	var constraints, phrases []string
	for _, r := range ranges {
		var phrase []string
		if r.Introduced != advisory.First && r.Introduced != "" {
			v := version(r.Introduced)
			constraints = append(constraints, ">="+osv.Escape(v))
			phrase = append(phrase, ">= "+v)
		}
		if r.Fixed != "" {
			v := version(r.Fixed)
			constraints = append(constraints, "<"+osv.Escape(v))
			phrase = append(phrase, "< "+v)
		}
		if phrase == nil { // all versions, and so the only range
			return "vers:" + kind + "/*", "all versions"
		}
		phrases = append(phrases, strings.Join(phrase, " "))
	}
	return "vers:" + kind + "/" + strings.Join(constraints, "|"), strings.Join(phrases, ", ")
}
