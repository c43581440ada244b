package unikernel

import (
	"reflect"
	"slices"
)

const boolKind = reflect.Bool

// check holds the values against their tags, and asks the structs that have something to say.
// What a struct says is worth hearing only about values that could be read.
func (d *decoder) check() {
	for _, f := range d.fields {
		if f.required && f.value.IsZero() {
			hint := "give --" + f.name + " or " + d.variable(f.name)
			if f.secret {
				hint = "set " + d.variable(f.name)
			}
			d.problem(hint, "%s is required", f.name)
			continue
		}
		d.checkRange(f)
	}
	if len(d.problems) > 0 {
		return
	}
	for _, v := range d.validators {
		if err := v.Validate(); err != nil {
			p := Problem{Text: err.Error()}
			if !slices.Contains(d.problems, p) { // an embedded Validate is found twice
				d.problems = append(d.problems, p)
			}
		}
	}
}

func (d *decoder) checkRange(f *field) {
	for _, limit := range []struct {
		text, word string
		beyond     int
	}{{f.min, "least", -1}, {f.max, "most", 1}} {
		if limit.text == "" {
			continue
		}
		bound := reflect.New(f.value.Type()).Elem()
		if err := set(bound, limit.text); err != nil {
			panic("unikernel: BUG: setting " + f.name + ": bad limit: " + err.Error())
		}
		if compare(f.value, bound) == limit.beyond {
			d.problem("", "%s: %s is beyond the %s, %s", f.name, format(f.value), limit.word,
				format(bound))
		}
	}
}

// compare returns -1, 0 or 1; 0 for what has no order.
func compare(a, b reflect.Value) int {
	less, more := false, false
	switch {
	case a.CanInt():
		less, more = a.Int() < b.Int(), a.Int() > b.Int()
	case a.CanUint():
		less, more = a.Uint() < b.Uint(), a.Uint() > b.Uint()
	case a.CanFloat():
		less, more = a.Float() < b.Float(), a.Float() > b.Float()
	}
	switch {
	case less:
		return -1
	case more:
		return 1
	}
	return 0
}
