// Package site makes a project's website from its documents and its security advisories, and
// serves it.
//
// [Build] is a pure function: the same records, date, documents and exported files give the same
// bytes. What it returns is the whole website, pages on top of the exported files, for any static
// server. It takes only what is public on the date (advisory.Public), so that a record which is
// not issued cannot reach a page, the index of the search or a count.
//
// [Handler] serves such files: exact content types, conditional requests, compression, security
// headers, a limit on what one client may ask, and the search of the advisories without script.
// On a static server a script of the site's own does the same search over the same index.
// [Service] is the handler as a program for package unikernel: a process, a machine of its own, or
// a host of a lab. It serves HTTPS, too, and tells on what it runs.
//
// Nothing is fixed to one project: names and addresses come from advisory.Project, texts from the
// documents. These have a meaning by their path:
//
//	home.md         the text of the first page
//	security.md     what the page on reporting says besides contacts, keys and feeds
//	index.md        the text of docs/; in a folder, of that folder's list
//	NAME.md         docs/NAME/
//	FOLDER/NAME.md  docs/FOLDER/NAME/; "rfc" and "notes" are called RFCs and Meeting notes
package site
