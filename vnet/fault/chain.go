package fault

import (
	"slices"

	"github.com/atoll-os/atoll/vnet"
)

// Chain is the values in force on one direction, in the order in which they were added. To add one
// never clears another, and each can be taken away by itself: what a setting was before comes back.
// A direction has one chain at most, and nobody else sets it.
type Chain struct {
	direction *vnet.Direction
	base      vnet.Settings
	links     []*link
}

// link is the values of one Add, and what takes its faults off the direction.
type link struct {
	values []Value
	undo   []func()
}

// On returns the chain of a direction: its settings as they are now, and no values yet.
func On(d *vnet.Direction) *Chain { return &Chain{direction: d, base: d.Settings()} }

// Add puts values behind those in force, and returns what takes them away again; to do so twice
// does no harm. If the settings would make no sense it changes nothing and returns an error with a
// hint, as [vnet.Network.Check] does.
func (c *Chain) Add(values ...Value) (undo func(), err error) {
	added := &link{values: slices.Clone(values)}
	c.links = append(c.links, added)
	faults, err := c.settle(added)
	if err != nil {
		c.links = c.links[:len(c.links)-1]
		return nil, err
	}
	for _, f := range faults {
		added.undo = append(added.undo, c.direction.Add(f))
	}
	return func() { c.remove(added) }, nil
}

// Values returns the values in force.
func (c *Chain) Values() []Value {
	var values []Value
	for _, l := range c.links {
		values = append(values, l.values...)
	}
	return values
}

func (c *Chain) remove(l *link) {
	i := slices.Index(c.links, l)
	if i < 0 {
		return
	}
	c.links = slices.Delete(c.links, i, i+1)
	for _, undo := range l.undo {
		undo()
	}
	if _, err := c.settle(nil); err != nil {
		panic("fault: BUG: settings that were in force before make no sense: " + err.Error())
	}
}

// settle gives the direction the settings that all values make of its base, and returns the faults
// of one link.
func (c *Chain) settle(of *link) (faults []vnet.Fault, err error) {
	s := c.base
	for _, l := range c.links {
		var f []vnet.Fault
		if s, f = Apply(s, l.values...); l == of {
			faults = f
		}
	}
	return faults, c.direction.Set(s)
}
