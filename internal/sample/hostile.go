package sample

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// HostileBytes is the length of the longest of Hostile's texts.
const HostileBytes = 40 << 10

// Hostile are texts that somebody could write into any field, to break what is made of it: markup,
// control characters, ends of quotations of each format, addresses that run script, what looks
// like a path out of a tree.
var Hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`'"` + "`" + `;--></style></script><!--`,
	"]]>&amp;&lt;&#x0;<![CDATA[",
	"one\nContact: mailto:evil@example.org\r\n## Heading\n---\n",
	"\x00\x01\x1b[31mred\x1b]0;title\x07\x7f\u0085\ufeff\ufffe\u2028",
	"\xff\xfe\xc3 not UTF-8",
	"\u202edesrever\u202c \u200f",
	"javascript:alert(1)",
	"[link](javascript:alert(1)) ![](data:text/html;base64,PHNjcmlwdD4=)",
	"https://example.org/\" onload=\"alert(1)",
	"../../../etc/passwd",
	`..\..\windows`,
	"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----",
	"- -----BEGIN PGP SIGNED MESSAGE-----",
	"From nobody \t \r\n \n",
	"=cmd|' /C calc'!A0",
	"{{.}} ${HOME} $(id) %s%n %00",
	"",
	" ",
	strings.Repeat("x", HostileBytes),
	strings.Repeat("word ", HostileBytes/5),
	strings.Repeat("<", HostileBytes),
	strings.Repeat("- \n", HostileBytes/3),
}

// HostileRecords is a record for each text of Hostile, which has it in every field but the id, and
// one for each that has it in the id too.
func HostileRecords() []*advisory.Record {
	var records []*advisory.Record
	for i, text := range Hostile {
		r := full()
		fill(reflect.ValueOf(r).Elem(), text)
		r.ID = fmt.Sprintf("SAMPLE-2025-%04d", i+1)
		r.Withdrawn = nil
		records = append(records, r)
		withdrawn := *r
		withdrawn.ID = text
		withdrawn.Withdrawn = &advisory.Withdrawal{
			Date: r.Changed().Add(time.Hour), Reason: text}
		records = append(records, &withdrawn)
	}
	return records
}

// HostileTexts is a record for each text of Hostile, which has it where a record can have any text:
// every format has to take it.
func HostileTexts() []*advisory.Record {
	var records []*advisory.Record
	for i, text := range Hostile {
		r := full()
		r.ID = fmt.Sprintf("SAMPLE-2025-%04d", i+1)
		r.Title = "Made up: " + text
		for k := range r.Sections {
			r.Sections[k].Text = text
		}
		r.Sections = append(r.Sections, advisory.Section{Name: text, Text: text},
			advisory.Section{Name: "Updates", Text: "- 2026-02-04: " + text})
		for k := range r.Credits {
			r.Credits[k].Name = "Made up " + text
		}
		if i%2 == 1 {
			r.Withdrawn = &advisory.Withdrawal{
				Date: r.Changed().Add(time.Hour), Reason: "Made up: " + text}
		}
		records = append(records, r)
	}
	return records
}

// fill sets every text in a value that can be set.
func fill(v reflect.Value, text string) {
	switch {
	case !v.CanSet():
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[time.Time]():
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	}
}
