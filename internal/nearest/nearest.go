// Package nearest finds the name that a mistyped one was meant to be.
package nearest

import "strings"

// Name returns the one of names that is nearest to word, or "" if none is near. Near is at most a
// third of the word's letters changed, left out, added or swapped with their neighbour, or a name
// that begins with the word or the other way round. Of names as near, the first one wins.
func Name(word string, names []string) string {
	if word == "" {
		return ""
	}
	word = strings.ToLower(word)
	best, least := "", max(1, len(word)/3)+1
	for _, name := range names {
		lower := strings.ToLower(name)
		if len(lower)-len(word) >= least || len(word)-len(lower) >= least {
			continue // each letter more or less is a change: a file's word can be a megabyte long
		}
		if d := distance(word, lower); d < least {
			best, least = name, d
		}
	}
	if best != "" || len(word) < 3 {
		return best
	}
	for _, name := range names {
		if strings.HasPrefix(name, word) || len(name) >= 3 && strings.HasPrefix(word, name) {
			return name
		}
	}
	return ""
}

// distance is the optimal string alignment distance: Levenshtein's with a swap of neighbours as
// one step.
func distance(a, b string) int {
	before, above, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, above, row = above, row, before
		row[0] = i
		for j := 1; j <= len(b); j++ {
			changed := above[j-1]
			if a[i-1] != b[j-1] {
				changed++
			}
			row[j] = min(changed, above[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
