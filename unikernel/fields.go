package unikernel

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/atoll-os/atoll/internal/units"
)

// field is one setting.
type field struct {
	name, old, doc string
	min, max       string
	secret         bool
	required       bool
	flagOnly       bool
	value          reflect.Value // can be set
	fallback       string        // the default as text
	from           string        // where the value came from; empty for the default
}

// decoder is one call of Decode.
type decoder struct {
	config        *Config
	fields        []*field
	serviceFields int // how many of them are the service's; the rest are the machine's
	validators    []validator
	problems      []Problem
	doc           string // of the program
	takesArgs     string // as --help shows them; empty: takes none
}

type validator interface{ Validate() error }

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// collect adds the settings of the struct that dst points to. An error is a mistake in the
// service's own source.
func (d *decoder) collect(dst any) error {
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("unikernel: decode settings: %T is no pointer to a struct", dst)
	}
	return d.collectStruct(v.Elem(), "")
}

func (d *decoder) collectStruct(v reflect.Value, prefix string) error {
	t := v.Type()
	for i := range t.NumField() {
		sf := t.Field(i)
		if sf.Name == "_" && prefix == "" {
			d.doc, d.takesArgs = sf.Tag.Get("doc"), sf.Tag.Get("args")
		}
		name := sf.Tag.Get("name")
		if name == "" {
			name = kebab(sf.Name)
		}
		inner := sf.Type.Kind() == reflect.Struct &&
			!reflect.PointerTo(sf.Type).Implements(textUnmarshaler)
		if name == "-" || !sf.IsExported() && !(inner && sf.Anonymous) {
			continue
		}
		var err error
		switch {
		case inner && sf.Anonymous:
			err = d.collectStruct(v.Field(i), prefix)
		case inner:
			err = d.collectStruct(v.Field(i), prefix+name+"-")
		default:
			err = d.addField(v.Field(i), sf, prefix+name)
		}
		if err != nil {
			return err
		}
	}
	if p := v.Addr(); p.CanInterface() { // not if v is embedded and its type is not exported
		if check, ok := p.Interface().(validator); ok {
			d.validators = append(d.validators, check)
		}
	}
	return nil
}

func (d *decoder) addField(v reflect.Value, sf reflect.StructField, name string) error {
	f := &field{
		name: name, old: sf.Tag.Get("old"), doc: sf.Tag.Get("doc"),
		min: sf.Tag.Get("min"), max: sf.Tag.Get("max"),
		secret:   sf.Tag.Get("secret") == "true",
		required: sf.Tag.Get("required") == "true",
		flagOnly: sf.Tag.Get("flag") == "only",
		value:    v,
		fallback: format(v),
	}
	if placeholder(v.Type()) == "" {
		return fmt.Errorf("unikernel: decode settings: field %s: type %s cannot be a setting",
			sf.Name, sf.Type)
	}
	if d.lookup(f.name) != nil || f.old != "" && d.lookup(f.old) != nil {
		return fmt.Errorf("unikernel: decode settings: field %s: the name %s is taken; "+
			"the tag name gives another", sf.Name, name)
	}
	d.fields = append(d.fields, f)
	return nil
}

// lookup returns the field of that name, or nil.
func (d *decoder) lookup(name string) *field {
	for _, f := range d.fields {
		if f.name == name || f.old == name && name != "" {
			return f
		}
	}
	return nil
}

func (d *decoder) problem(hint, format string, args ...any) {
	d.problems = append(d.problems, Problem{fmt.Sprintf(format, args...), hint})
}

// invalid reports a value that cannot be read. That of a secret is not repeated.
func (d *decoder) invalid(f *field, e entry, err error) {
	if f.secret {
		d.problem("", "%s%s: the value is no %s", e.at, e.spelled, placeholder(f.value.Type()))
		return
	}
	hint := ""
	var unit *units.Error
	if errors.As(err, &unit) {
		hint = unit.Hint
	}
	d.problem(hint, "%s%s: %v", e.at, e.spelled, err)
}

// kebab turns TLSCertFile into tls-cert-file and HTTP2Port into http2-port: a word begins at a
// capital behind a small letter or digit, and at the last of several capitals before a small one.
func kebab(name string) string {
	letters := []rune(name)
	var b strings.Builder
	for i, r := range letters {
		if unicode.IsUpper(r) && i > 0 {
			behindSmall := !unicode.IsUpper(letters[i-1]) && letters[i-1] != '_'
			beforeSmall := i+1 < len(letters) && unicode.IsLower(letters[i+1])
			if behindSmall || beforeSmall {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.ReplaceAll(b.String(), "_", "-")
}
