package advisory

import (
	"fmt"
	"strings"

	cvss31 "github.com/pandatix/go-cvss/31"
	cvss40 "github.com/pandatix/go-cvss/40"
)

// Beginnings of the vectors that a record can have.
const (
	CVSS31 = "CVSS:3.1/"
	CVSS40 = "CVSS:4.0/"
)

// Score returns the base score, 0.0 to 10.0, and its rating: None, Low, Medium, High or Critical.
// Metrics of threat and environment are the reader's, and lint refuses them in a record of ours.
// https://www.first.org/cvss/v3-1/specification-document
// https://www.first.org/cvss/v4-0/specification-document
func (s Severity) Score() (score float64, rating string, err error) {
	switch {
	case strings.HasPrefix(s.Vector, CVSS31):
		v, err := cvss31.ParseVector(s.Vector)
		if err != nil {
			return 0, "", fmt.Errorf("advisory: read CVSS 3.1 vector: %w", err)
		}
		score = v.BaseScore()
	case strings.HasPrefix(s.Vector, CVSS40):
		v, err := cvss40.ParseVector(s.Vector) // refuses metrics out of order
		if err != nil {
			return 0, "", fmt.Errorf("advisory: read CVSS 4.0 vector: %w", err)
		}
		score = v.Score()
	default:
		return 0, "", fmt.Errorf("advisory: read CVSS vector: it begins neither with %s nor with %s",
			CVSS31, CVSS40)
	}
	return score, rate(score), nil
}

// rate is the scale that both versions share: v3.1 §5, v4.0 §6.
func rate(score float64) string {
	switch {
	case score < 0.1:
		return "None"
	case score < 4:
		return "Low"
	case score < 7:
		return "Medium"
	case score < 9:
		return "High"
	}
	return "Critical"
}
