//go:build !linux

package source

import (
	"context"
	"runtime"

	"github.com/atoll-os/atoll/entropy"
)

// nowhere is a source that this operating system does not have.
type nowhere struct{ spec entropy.Spec }

// missing returns a source that says that it is absent, so that one composition serves all systems.
func missing(spec entropy.Spec) entropy.Source { return nowhere{spec} }

func (n nowhere) Spec() entropy.Spec { return n.spec }

func (nowhere) Sample(context.Context, []byte) (int, error) {
	return 0, &entropy.AbsentError{Reason: "not on " + runtime.GOOS}
}
