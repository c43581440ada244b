package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/assess"
	assessreport "github.com/atoll-os/atoll/entropy/assess/report"
)

// assessRestarts reads or draws a matrix of restarts and judges it.
func (o *assessFlags) assessRestarts(ctx context.Context, args []string, stdin io.Reader) (
	*assessreport.Page, *assess.Sequence, error) {
	if o.symbols == 0 {
		o.symbols = assess.RestartsWanted
	}
	title := args[0]
	var rows [][]byte
	var notes []string
	var err error
	from := sourceNamed(args[0])
	switch {
	case len(args) > 1:
		title = fmt.Sprintf("%s and %d more", args[0], len(args)-1)
		rows, err = o.readRestarts(args, stdin)
	case from != nil:
		rows, notes, err = o.drawRestarts(ctx, from)
	default:
		rows, err = o.readMatrix(args[0], stdin)
	}
	if err == nil && o.claim == 0 {
		err = usagef("--claim takes the bits per symbol that were assessed or claimed before, the less "+
			"of both", "nothing to hold the restarts to")
	}
	if err != nil {
		return nil, nil, err
	}
	q, err := assess.NewSequence(slices.Concat(rows...), o.bits)
	if err != nil {
		return nil, nil, assessError(err, o.bits)
	}
	found := &assessreport.Page{Title: title}
	err = working(ctx, "assessing restarts", func(options assess.Options) (err error) {
		found.Restart, err = assess.Restart(rows, o.bits, o.claim, options)
		return err
	})
	switch {
	case errors.Is(err, assess.ErrRestartShape):
		err = usagef("-n takes how many symbols of each restart there are", "%v", err)
	case err == nil:
		found.Restart.Notes = append(found.Restart.Notes, notes...)
	}
	return found, q, err
}

// readRestarts reads files with one restart each, and takes the same number of symbols of each.
func (o *assessFlags) readRestarts(names []string, stdin io.Reader) (rows [][]byte, err error) {
	if len(names) > assess.RestartsMax {
		return nil, usagef(fmt.Sprintf("%d are enough", assess.RestartsWanted),
			"%d restarts, of at most %d", len(names), assess.RestartsMax)
	}
	for _, name := range names {
		row, err := o.readSymbols(name, stdin, o.symbols)
		if err != nil {
			return nil, err
		}
		if len(row) < o.symbols {
			return nil, usagef("-n takes how many symbols to take of each file",
				"%s has %d symbols, not %d", name, len(row), o.symbols)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// readMatrix reads one file with all restarts behind each other.
func (o *assessFlags) readMatrix(name string, stdin io.Reader) (rows [][]byte, err error) {
	all, err := o.readSymbols(name, stdin, assess.SamplesMax+1)
	if err != nil {
		return nil, err
	}
	if len(all)%o.symbols != 0 {
		return nil, usagef("-n takes how many symbols of each restart there are",
			"%s has %d symbols: not a whole number of restarts with %d each", name, len(all), o.symbols)
	}
	return slices.Collect(slices.Chunk(all, o.symbols)), nil
}

// drawRestarts starts a source over and over and draws what comes first.
func (o *assessFlags) drawRestarts(ctx context.Context, from entropy.Source) (rows [][]byte,
	notes []string, err error) {
	spec := from.Spec()
	r, ok := from.(entropy.Restarter)
	if !ok {
		return nil, nil, &hinted{fmt.Errorf("%s cannot be restarted from here", spec.Name),
			"collect symbols after each start of the machine, and give the files", exitFailed}
	}
	notes = o.takeOver(spec)
	bar := newBar("restarting " + spec.Name)
	defer bar.end()
	for range assess.RestartsWanted {
		if err := r.Restart(); err != nil {
			return nil, nil, drawError(ctx, spec.Name, err)
		}
		var row []byte
		err := draw(ctx, from, o.symbols, func(raw []byte) error {
			row = o.appendLow(row, raw, spec.SymbolBytes())
			return nil
		})
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, row)
		bar.set(len(rows), assess.RestartsWanted)
	}
	return rows, notes, nil
}
