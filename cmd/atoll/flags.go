package main

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/atoll-os/atoll/internal/units"
)

// quantity is a flag with a unit: it reads and prints what package units does.
type quantity[T any] struct {
	value *T
	parse func(string) (T, error)
	print func(T) string
	name  string
}

func (q *quantity[T]) String() string { return q.print(*q.value) }
func (q *quantity[T]) Type() string   { return q.name }
func (q *quantity[T]) Set(s string) (err error) {
	*q.value, err = q.parse(s)
	return err
}

// durationVar adds a flag for a length of time; short is its letter, if it has one.
func durationVar(f *pflag.FlagSet, p *time.Duration, name, short, usage string) {
	f.VarP(&quantity[time.Duration]{p, units.ParseDuration, units.Duration, "duration"}, name, short,
		usage)
}

// rateVar adds a flag for a rate in bit/s.
func rateVar(f *pflag.FlagSet, p *int64, name, short, usage string) {
	print := func(r int64) string {
		if r == 0 {
			return ""
		}
		return units.Rate(r)
	}
	f.VarP(&quantity[int64]{p, units.ParseRate, print, "rate"}, name, short, usage)
}

// probabilityVar adds a flag for a probability.
func probabilityVar(f *pflag.FlagSet, p *float64, name, usage string) {
	print := func(v float64) string {
		if v == 0 {
			return ""
		}
		return units.Probability(v)
	}
	f.Var(&quantity[float64]{p, units.ParseProbability, print, "percent"}, name, usage)
}

// seedVar adds the flag for a seed: any number, in any base that Go writes.
func seedVar(f *pflag.FlagSet, p *uint64) {
	f.Uint64Var(p, "seed", 0, "what everything random follows from; the file's or 1 if 0")
}

// bitRate prints a measured rate with three digits: "7.24 Mbit/s".
func bitRate(bitsPerSecond float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "Gbit/s"}, {1e6, "Mbit/s"}, {1e3, "kbit/s"}} {
		if bitsPerSecond >= u.size {
			return fmt.Sprintf("%.3g %s", bitsPerSecond/u.size, u.name)
		}
	}
	return fmt.Sprintf("%.3g bit/s", bitsPerSecond)
}

// byteCount prints a measured size with three digits: "12.3 MB".
func byteCount(bytes int64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if float64(bytes) >= u.size {
			return fmt.Sprintf("%.3g %s", float64(bytes)/u.size, u.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}
