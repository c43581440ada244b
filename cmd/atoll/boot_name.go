package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-os/atoll/image/machine"
)

// nameDefault is a machine's where neither a word nor its image gives one.
const nameDefault = "machine"

// nameBytesMax is how long a machine's name may be, as a label of DNS.
const nameBytesMax = 63

// validName tells whether a machine may have that name: the rule of hosts in a lab.
func validName(s string) bool {
	if s == "" || len(s) > nameBytesMax || s[0] < 'a' || s[0] > 'z' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// splitImage takes [NAME=]IMAGE apart. Without a name it is what the image's file is called.
func splitImage(word string) (name, image string) {
	if name, image, ok := strings.Cut(word, "="); ok && validName(name) {
		return name, image
	}
	name, _, _ = strings.Cut(filepath.Base(word), ".")
	if name = strings.ToLower(name); !validName(name) {
		name = nameDefault
	}
	return name, word
}

// nameMachines returns the name and the image of each machine. Several of one name are name0, name1
// and so on, as the hosts of a group in a lab.
func nameMachines(words []string) (names, images []string, err error) {
	count, number, taken := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, w := range words {
		name, image := splitImage(w)
		names, images = append(names, name), append(images, image)
		count[name]++
	}
	for i, name := range names {
		if count[name] > 1 {
			names[i] = name + strconv.Itoa(number[name])
			number[name]++
		}
		if taken[names[i]] {
			return nil, nil, usagef("NAME=IMAGE gives a machine another name",
				"two machines are called %s", names[i])
		}
		taken[names[i]] = true
	}
	return names, images, nil
}

// find returns the machine of a name. what is the flag that names it.
func find(guests []*guest, name, what string) (*guest, error) {
	var names []string
	for _, g := range guests {
		if g.name == name {
			return g, nil
		}
		names = append(names, g.name)
	}
	return nil, usagef("there is "+strings.Join(names, ", "), "%s: no machine is called %q", what,
		name)
}

// environment gives each machine its variables: [MACHINE:]NAME=value, or NAME=@FILE.
func (o *bootFlags) environment(guests []*guest) error {
	for _, text := range o.env {
		name, _, _ := strings.Cut(text, "=")
		to, _, one := strings.Cut(name, ":")
		if name == "" || len(name) == len(text) {
			return usagef("--env COLOUR=blue", "--env %s sets nothing", text)
		}
		list := guests
		if one {
			g, err := find(guests, to, "--env "+name)
			if err != nil {
				return err
			}
			list, text = []*guest{g}, text[len(to)+1:]
		}
		text, err := fromFile(text)
		if err != nil {
			return err
		}
		for _, g := range list {
			g.config.Env = setVariable(g.config.Env, text)
		}
	}
	return nil
}

// variableBytesMax is how long the text of a file may be that becomes a variable: the whole
// environment of a machine is no longer.
const variableBytesMax = machine.TextsBytesMax

// fromFile takes NAME=@FILE for NAME and what is in the file: certificates and keys are no words
// for a command line, which everyone can read.
func fromFile(text string) (string, error) {
	name, value, _ := strings.Cut(text, "=")
	file, ok := strings.CutPrefix(value, "@")
	if !ok {
		return text, nil
	}
	hint := "--env " + name + "=@FILE is what is in a file"
	f, err := os.Open(file)
	if err != nil {
		return "", &hinted{err, hint, exitFailed}
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, variableBytesMax+1))
	switch {
	case err != nil:
		return "", &hinted{err, hint, exitFailed}
	case len(content) > variableBytesMax:
		return "", &hinted{fmt.Errorf("%s has more than the %d bytes of an environment", file,
			variableBytesMax), "a certificate of an elliptic curve and its chain fit", exitFailed}
	case bytes.IndexByte(content, 0) >= 0:
		return "", &hinted{fmt.Errorf("%s has a zero byte, which no variable can hold", file), hint,
			exitFailed}
	}
	return name + "=" + string(content), nil
}

// setVariable adds NAME=value to an environment in the place of what NAME was before.
func setVariable(env []string, text string) []string {
	name, _, _ := strings.Cut(text, "=")
	env = slices.DeleteFunc(env, func(s string) bool { return strings.HasPrefix(s, name+"=") })
	return append(env, text)
}
