package osv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// Item is an entry together with the bytes that it is published as, which for another database's
// entries are kept as they came.
type Item struct {
	Entry *Entry
	JSON  []byte
}

// Items makes the entries of all records, in their order.
func Items(p *advisory.Public) ([]Item, error) {
	var items []Item
	for _, r := range p.Records() {
		e, err := Build(&p.Project, r)
		if err != nil {
			return nil, err
		}
		items = append(items, Item{e, e.Append(nil)})
	}
	return items, nil
}

// Sort sorts items by id; two with one id are an error.
func Sort(items []Item) error {
	slices.SortFunc(items, func(a, b Item) int { return strings.Compare(a.Entry.ID, b.Entry.ID) })
	for i := range items {
		if i > 0 && items[i].Entry.ID == items[i-1].Entry.ID {
			return fmt.Errorf("osv: two entries have the id %s", items[i].Entry.ID)
		}
	}
	return nil
}

// In tells whether the entry names a package of an ecosystem.
func (e *Entry) In(ecosystem string) bool {
	return slices.ContainsFunc(e.Affected, func(a Affected) bool {
		return a.Package.Ecosystem == ecosystem
	})
}
