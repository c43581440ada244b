package topology

import (
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet/fault"
)

// verb is what an action does.
type verb string

const (
	pull      verb = "pull"
	plug      verb = "plug"
	change    verb = "link"
	restore   verb = "clear"
	crash     verb = "crash"
	restart   verb = "restart"
	freeze    verb = "pause"
	resume    verb = "resume"
	partition verb = "partition"
	heal      verb = "heal"
)

var verbs = []string{string(pull), string(plug), string(change), string(restore), string(crash),
	string(restart), string(freeze), string(resume), string(partition), string(heal)}

// action is an Action that was understood.
type action struct {
	at       time.Duration
	text     string
	verb     verb
	machines []int         // of crash, restart, pause, resume, partition
	ways     []way         // of pull, plug, link, clear
	values   []fault.Value // of link
}

// readActions understands what happens.
func (p *plan) readActions() {
	actions := slices.Clone(p.file.At)
	slices.SortStableFunc(actions, func(a, b Action) int { return int(a.At - b.At) })
	for i, a := range actions {
		if i == ActionsMax {
			p.problems.add(a.Position, "", "more than %d things happen", ActionsMax)
			return
		}
		if a.At < 0 || a.At > p.duration {
			p.problems.add(a.Position, "make the run longer",
				"%q happens at %s, after the run (duration %s)", a.Do,
				units.Duration(a.At), units.Duration(p.duration))
			continue
		}
		if act, ok := p.action(a); ok {
			p.actions = append(p.actions, act)
		}
	}
}

// action understands one text.
func (p *plan) action(a Action) (act action, ok bool) {
	words := strings.Fields(a.Do)
	if len(words) == 0 {
		p.problems.add(a.Position, meant("", verbs), "nothing happens")
		return act, false
	}
	act = action{at: a.At, text: strings.Join(words, " "), verb: verb(words[0])}
	rest := words[1:]
	switch act.verb {
	case pull, plug:
		act.ways, rest, ok = p.takeLink(a.Position, words, false)
	case change, restore:
		act.ways, rest, ok = p.takeLink(a.Position, words, true)
	case crash, restart, freeze, resume, partition:
		act.machines, ok = p.takeMachines(a.Position, words)
		rest = nil
	case heal:
		ok = true
	default:
		p.problems.add(a.Position, meant(words[0], verbs), "nothing is called %q", words[0])
		return act, false
	}
	switch {
	case !ok:
		return act, false
	case act.verb == change:
		return p.changed(a, act, rest)
	case len(rest) > 0:
		p.problems.add(a.Position.in(rest[0]), "", "%s: %q is a word too many", act.verb, rest[0])
		return act, false
	}
	return act, true
}

// changed reads the values of a link action.
func (p *plan) changed(a Action, act action, words []string) (action, bool) {
	text := strings.Join(words, " ")
	if text == "" {
		p.problems.add(a.Position, "write values behind it: link a-b loss 5%",
			"%q changes nothing", act.text)
		return act, false
	}
	var err error
	if act.values, err = parseValues(text); err != nil {
		at, hint := blame(a.Position, err)
		p.problems.add(at, hint, "%v", err)
		return act, false
	}
	return act, true
}

// takeLink reads the link, or with directions also one of them, that follows the first word.
func (p *plan) takeLink(at Position, words []string, directions bool) (list []way, rest []string,
	ok bool) {
	verb, words := words[0], words[1:]
	if len(words) == 0 {
		p.problems.add(at, meant("", p.refNames[0]), "%s needs a link", verb)
		return nil, nil, false
	}
	name, rest := words[0], words[1:]
	if len(rest) >= 2 && rest[0] == ">" {
		name, rest = name+" > "+rest[1], rest[2:]
		if !directions {
			p.problems.add(at.in(name), "write "+strings.Replace(name, " > ", "-", 1),
				"%s is about a whole link, not one direction", verb)
			return nil, nil, false
		}
	}
	names := p.refNames[0]
	if strings.Contains(name, " > ") {
		names = p.refNames[1]
	}
	if list = p.linkRefs[name]; len(list) == 0 {
		p.problems.add(at.in(words[0]), meant(name, names), "there is no link %q", name)
		return nil, nil, false
	}
	return list, rest, true
}

// takeMachines reads the names that follow the first word: one, or for a partition any number.
func (p *plan) takeMachines(at Position, words []string) (list []int, ok bool) {
	verb, names := verb(words[0]), words[1:]
	switch {
	case len(names) == 0:
		p.problems.add(at, "write a host's name behind it", "%s needs a host", verb)
		return nil, false
	case len(names) > 1 && verb != partition:
		p.problems.add(at.in(names[1]), "write a list: [\""+string(verb)+" "+names[0]+"\", …]",
			"%s takes one host", verb)
		return nil, false
	}
	for _, name := range names {
		machines := p.names[name]
		if len(machines) == 0 {
			hint := meant(name, p.known)
			if slices.Contains(p.switches, name) {
				hint = "it is a switch"
			}
			p.problems.add(at.in(name), hint, "%s: there is no host %q", verb, name)
			return nil, false
		}
		for _, m := range machines {
			if !slices.Contains(list, m) {
				list = append(list, m)
			}
		}
	}
	return list, true
}
