package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// replayArgs returns the flags and arguments of a command line as one would type them again, but
// for where results go.
func replayArgs(c *cobra.Command) (words []string) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Name == "out" || f.Name == "json" {
			return
		}
		switch v := f.Value.String(); {
		case v == "true" && f.Value.Type() == "bool":
			words = append(words, "--"+f.Name)
		default:
			words = append(words, "--"+f.Name, quote(v))
		}
	})
	for _, a := range c.Flags().Args() {
		words = append(words, quote(a))
	}
	return words
}

// quote puts a word into quotes if a shell would take it apart.
func quote(s string) string {
	if s != "" && !strings.ContainsAny(s, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
