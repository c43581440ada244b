package source

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
)

func TestMachine(t *testing.T) {
	s, err := entropy.New(entropy.Config{Sources: Machine(), Generations: Generations(),
		Policy: entropy.Policy{Trust: []string{kernelName}}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Wait(ctx); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	t.Log(s.Examine(ctx, "rdseed", 20000), time.Since(start))
	t.Log(s.Examine(ctx, "rdrand", 20000), s.Examine(ctx, "hwrng", 1100), time.Since(start))
	text, _ := json.MarshalIndent(s.Status(), "", " ")
	t.Logf("%s", text)
}
