package csaf

import (
	"errors"
	"fmt"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// SecurityTxtDays is how long security.txt is good for, if the key is as long. RFC 9116 §2.5.5
// recommends less than a year; a project that publishes nothing for half a year has gone.
const SecurityTxtDays = 180

// securityTxt says where to report (RFC 9116). Export signs it in its place. It does not outlast
// the key, because nobody could check it then. There is no field Encryption: the key only signs.
func securityTxt(p *advisory.Public, key *sign.Public) ([]byte, error) {
	expires := p.Date.UTC().AddDate(0, 0, SecurityTxtDays)
	if key != nil {
		if end := key.Expires(); !end.IsZero() && end.Before(expires) {
			expires = end
		}
	}
	var b strings.Builder
	fields := 0
	field := func(name, value string) {
		// A line break would make a second field.
		if strings.TrimSpace(value) != "" && !strings.ContainsFunc(value, notPrinted) {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.TrimSpace(value))
			fields++
		}
	}
	j := &p.Project
	for _, contact := range j.Contact {
		field("Contact", contact)
	}
	if fields == 0 {
		return nil, errors.New("csaf: write security.txt: the project has no contact, " +
			"which RFC 9116 §2.5.3 demands")
	}
	field("Expires", stamp(expires))
	field("Policy", j.Policy)
	field("Preferred-Languages", strings.Join(j.Languages, ", "))
	field("Canonical", j.BaseURL+"/"+SecurityTxtPath)
	field("CSAF", j.BaseURL+"/"+MetadataPath)
	return []byte(b.String()), nil
}

// notPrinted are the characters that no field has (RFC 9116 §4: its values are URIs, dates and
// language tags).
func notPrinted(c rune) bool { return c < ' ' || c > '~' }
