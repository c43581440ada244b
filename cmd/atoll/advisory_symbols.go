package main

import (
	"context"

	"github.com/spf13/cobra"
	"golang.org/x/vuln/scan"
)

// newAdvisorySymbols is govulncheck, for atoll advisory check --symbols, which starts it in a
// process of its own. It is nothing for people, who have govulncheck.
func newAdvisorySymbols() *cobra.Command {
	return &cobra.Command{
		Use:    "symbols",
		Short:  "Run govulncheck",
		Hidden: true,
		Args:   cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			look := scan.Command(context.Background(), args...)
			look.Stdin, look.Stdout, look.Stderr = c.InOrStdin(), c.OutOrStdout(), c.ErrOrStderr()
			if err := look.Start(); err != nil {
				return err
			}
			return look.Wait()
		},
	}
}
