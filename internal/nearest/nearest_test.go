package nearest

import "testing"

func TestName(t *testing.T) {
	names := []string{"listen", "log-level", "grace", "tls-cert", "tls-key", "n"}
	for _, c := range []struct{ word, want string }{
		{"listne", "listen"}, {"lisen", "listen"}, {"Listen", "listen"}, {"grase", "grace"},
		{"loglevel", "log-level"}, {"tls-kye", "tls-key"}, {"log", "log-level"},
		{"listen-address", "listen"}, {"zzz", ""}, {"", ""}, {"m", "n"}, {"ab", ""},
		{"certificate", ""}, {"nothing-like-it", ""},
	} {
		if got := Name(c.word, names); got != c.want {
			t.Errorf("nearest to %q is %q, want %q", c.word, got, c.want)
		}
	}
	if got := Name("a", nil); got != "" {
		t.Errorf("nearest of no names is %q, want none", got)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "", 3}, {"abc", "acb", 1}, {"abc", "abd", 1}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
