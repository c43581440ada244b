package advisory

import (
	"testing"
)

const small = `---
id: ABC-2026-0001
title: "A frame: too short"
aliases: [CVE-2026-12345]
reported: 2026-10-02T08:00:00Z
issued: 2026-11-03T12:00:00Z
withdrawn:
  date: 2026-11-04T12:00:00Z
  reason: it was none
affected:
  - module: example.org/mod
    ranges:
      - introduced: 0
        fixed: 1.10
      - introduced: 1.20.0-rc.1
    packages:
      - path: example.org/mod/wire
        symbols: [Parse, Frame.Next]
severity: ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N"]
cwe: [CWE-125]
credits:
  - name: A. Person
    type: FINDER
    contact: [https://example.org/a]
references:
  - type: FIX
    url: https://example.org/mod/commit/1
---

## Description

One.

` + "```\n## no heading\n```" + `

## Impact

Two.
`

func TestSmall(t *testing.T) {
	r, found := Parse("2026/ABC-2026-0001.md", []byte(small))
	if len(found) > 0 {
		t.Fatal(found)
	}
	again, found := Parse("", r.Append(nil))
	if len(found) > 0 || !again.Equal(r) {
		t.Fatalf("%v\n%s\n%+v\n%+v", found, r.Append(nil), r, again)
	}
	t.Logf("%s", r.Append(nil))
}
