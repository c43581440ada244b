//go:build !linux

package source

import (
	"strings"
	"testing"
)

func TestMissing(t *testing.T) {
	nobody := missing(kernelSpec)
	_, err := nobody.Sample(t.Context(), nil)
	if !strings.HasPrefix(err.Error(), "absent: not on ") || nobody.Spec() != kernelSpec {
		t.Errorf("a source of another system: %v", err)
	}
}
