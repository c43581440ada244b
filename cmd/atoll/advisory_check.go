package main

import "github.com/spf13/cobra"

func newAdvisoryCheck() *cobra.Command {
	return &cobra.Command{Use: "check", Hidden: true}
}
