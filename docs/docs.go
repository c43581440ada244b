// Package docs is the project's own documents, as files: what atoll demo serves, and what a website
// is made of. Besides the pages of its own it holds the requests for comments (rfc) and notes of
// meetings (notes).
package docs

import "embed"

// FS holds the documents.
//
//go:embed *.md rfc/*.md notes/*.md
var FS embed.FS
