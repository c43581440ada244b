package report

import (
	"fmt"
	"slices"
	"strings"
)

// LeavesMax is how many machines are drawn one by one beside a switch or router, LeavesAllMax
// beside all of them together. More of them are drawn as groups.
const (
	LeavesMax    = 12
	LeavesAllMax = 96
)

// card is what stands for a leaf, or for a group of them.
type card struct {
	title  string
	lines  []string
	faults []string
	broken bool // something was done to its link
	failed bool // something was done to the machine itself
	group  bool
}

// cards returns the cards of a hub, at most so many: one a leaf if they are few, else one for each
// group of leaves that are alike, and at the end one for all that still have no place.
func (g *graph) cards(hub, most int) []card {
	leaves := g.leaves(hub)
	sets := make([][]edge, len(leaves))
	for i := range leaves {
		sets[i] = leaves[i : i+1]
	}
	// Notes may tell otherwise equal machines apart; they give way first.
	for _, notes := range [2]bool{true, false} {
		if len(sets) > most {
			sets = g.alike(leaves, notes)
		}
	}
	var cards []card
	rest := 0
	for i, set := range sets {
		if len(sets) > most && i >= most-1 {
			rest += len(set)
			continue
		}
		cards = append(cards, g.card(set))
	}
	if rest > 0 {
		cards = append(cards, card{title: andMore(rest, "hosts"), group: true})
	}
	return cards
}

// alike puts leaves into one set whose names differ in their number only, with equal links and
// without faults.
func (g *graph) alike(leaves []edge, notes bool) [][]edge {
	type likeness struct{ stem, label, note string }
	var sets [][]edge
	index := make(map[likeness]int)
	for _, e := range leaves {
		n, l := &g.nodes[e.to], &g.links[e.link]
		if n.Faults != "" || l.Faults != "" {
			sets = append(sets, []edge{e})
			continue
		}
		key := likeness{strings.TrimRight(n.Name, "0123456789"), l.Label, n.Note}
		if !notes {
			key.note = ""
		}
		i, known := index[key]
		if !known {
			i = len(sets)
			index[key] = i
			sets = append(sets, nil)
		}
		sets[i] = append(sets[i], e)
	}
	return sets
}

// card returns the card of leaves that are alike.
func (g *graph) card(set []edge) card {
	first, last := &g.nodes[set[0].to], &g.nodes[set[len(set)-1].to]
	link := &g.links[set[0].link]
	c := card{title: first.Name, lines: texts(first.Note, link.Label),
		faults: texts(first.Faults, link.Faults), broken: link.Faults != "",
		failed: first.Faults != ""}
	if len(set) == 1 {
		return c
	}
	c.group = true
	c.title = first.Name + " … " + last.Name
	note := first.Note
	if slices.ContainsFunc(set, func(e edge) bool { return g.nodes[e.to].Note != note }) {
		note = ""
	}
	c.lines = texts(fmt.Sprintf("%d hosts", len(set)), note, link.Label)
	return c
}

// texts returns those that are not empty, fit to be shown.
func texts(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, clean(s, TextRunesMax))
		}
	}
	return out
}
