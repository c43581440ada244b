package unikernel

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

var durationType = reflect.TypeFor[time.Duration]()

// set reads text into v. A slice gets the elements of text added.
func set(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	if v.Type() == durationType {
		d, err := units.ParseDuration(text)
		if err == nil {
			v.SetInt(int64(d))
		}
		return err
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	case reflect.Slice:
		return addElements(v, text)
	default:
		return setNumber(v, text)
	}
	return nil
}

// isList tells whether set adds to v; a slice that reads itself as one text is no list.
func isList(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && !reflect.PointerTo(v.Type()).Implements(textUnmarshaler)
}

func setNumber(v reflect.Value, text string) error {
	var err error
	noun := "whole number"
	switch {
	case v.CanInt():
		var n int64
		if n, err = strconv.ParseInt(text, 10, v.Type().Bits()); err == nil {
			v.SetInt(n)
		}
	case v.CanUint():
		var n uint64
		noun = "whole number from 0"
		if n, err = strconv.ParseUint(text, 10, v.Type().Bits()); err == nil {
			v.SetUint(n)
		}
	case v.CanFloat():
		var n float64
		noun = "number"
		n, err = strconv.ParseFloat(text, v.Type().Bits())
		if math.IsNaN(n) || math.IsInf(n, 0) && err == nil {
			err = strconv.ErrSyntax
		}
		if err == nil {
			v.SetFloat(n)
		}
	}
	switch {
	case errors.Is(err, strconv.ErrRange):
		return fmt.Errorf("%s is too big or too small for this setting", text)
	case err != nil:
		return fmt.Errorf("%q is no %s", text, noun)
	}
	return nil
}

func addElements(v reflect.Value, text string) error {
	if text == "" {
		return nil // the empty list, which no other text gives
	}
	for part := range strings.SplitSeq(text, ",") {
		element := reflect.New(v.Type().Elem()).Elem()
		if err := set(element, strings.TrimSpace(part)); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
	}
	return nil
}

// format returns a value as set reads it.
func format(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	if v.Type() == durationType {
		return units.Duration(time.Duration(v.Int()))
	}
	if v.Kind() != reflect.Slice {
		return fmt.Sprint(v)
	}
	var parts []string
	for i := range v.Len() {
		parts = append(parts, format(v.Index(i)))
	}
	return strings.Join(parts, ",")
}

// placeholder returns the word that stands for a value of type t in --help, or "" if t can be no
// setting.
func placeholder(t reflect.Type) string {
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return strings.ToUpper(t.Name())
	case t == durationType:
		return "DURATION"
	}
	switch t.Kind() {
	case reflect.String:
		return "TEXT"
	case reflect.Bool:
		return "BOOL"
	case reflect.Slice:
		if element := placeholder(t.Elem()); element != "" && t.Elem().Kind() != reflect.Slice {
			return element + ",..."
		}
		return ""
	}
	if zero := reflect.Zero(t); zero.CanInt() || zero.CanUint() || zero.CanFloat() {
		return "NUMBER"
	}
	return ""
}
