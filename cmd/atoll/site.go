package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"
)

// newSite is the group of commands about the website.
func newSite() *cobra.Command {
	c := &cobra.Command{
		Use:   "site",
		Short: "Make the project's website of its documents and advisories, or serve it",
		Example: `  atoll site build --out public
  atoll site serve --listen 127.0.0.1:8080`,
	}
	c.SuggestionsMinimumDistance = 2
	c.AddCommand(newSiteBuild(), newSiteServe())
	return c
}

// docsDir is where a website's documents are if no flag says otherwise.
const docsDir = "docs"

// defaultDocs takes the directory of documents, if none was named and there is one.
func (t *treeFlags) defaultDocs(c *cobra.Command) {
	info, err := os.Stat(docsDir)
	if !c.Flags().Changed("docs") && err == nil && info.IsDir() {
		t.docs = docsDir
	}
}

func newSiteBuild() *cobra.Command {
	var o treeFlags
	var out string
	c := &cobra.Command{
		Use:   "build",
		Short: "Make the whole website as files for any static server",
		Long: `Make the whole website as files for any static server: pages of the documents and the
advisories, and all that "atoll advisory export" makes. The same records, documents, date and key
give the same bytes. The directory is written whole, or not at all.

To put a new edition in the place of one that is published, with all that was promised kept, use
"atoll advisory publish --docs docs".`,
		Example: `  atoll site build --out public
  atoll site build --from advisories --date 2026-11-25 --out edition`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("--out names the directory of the website", "no place for the website")
			}
			o.defaultDocs(c)
			signer, err := o.signer()
			if err != nil {
				return err
			}
			tree, err := o.build(nil, time.Now(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			return writeTree(c.OutOrStdout(), tree, out, signer)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	o.add(f)
	f.StringVar(&out, "out", "", "directory of the website; it is not there yet, or empty")
	f.Lookup("docs").DefValue = docsDir + ", if there is one"
	return c
}
