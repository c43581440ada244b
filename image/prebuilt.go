package image

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"slices"
	"strings"
)

// cardFunction brings up a machine's card: whether a program has it. Names of functions stay in a
// program's file, also in a stripped one.
const cardFunction = atollModule + "/host/card.Start"

// Prebuilt checks a program that was built elsewhere, beyond what [Build] checks of every program:
// that it is Go's, for Linux, and of a release that was tried. outside tells whether it has Atoll's
// TCP/IP in itself; otherwise its sockets end at the machine. The error is a [*ProgramError].
func Prebuilt(file []byte) (outside bool, err error) {
	if err := checkProgram(file); err != nil {
		return false, err
	}
	info, err := buildinfo.Read(bytes.NewReader(file))
	if err != nil {
		return false, &ProgramError{fmt.Sprintf("the program says nothing of how Go built it: %v", err),
			"only programs of Go run on this kernel"}
	}
	version, _, _ := strings.Cut(info.GoVersion, " ") // what follows are experiments
	if !slices.Contains(GoVersions, version) {
		return false, &ProgramError{
			fmt.Sprintf("the program was built by %s, which was not tried with this kernel", version),
			"build it with GOTOOLCHAIN=" + GoVersions[len(GoVersions)-1]}
	}
	for _, s := range info.Settings {
		if s.Key == "GOOS" && s.Value != "linux" {
			return false, &ProgramError{"the program is for " + s.Value + ", not for linux",
				"build it with GOOS=linux"}
		}
	}
	return bytes.Contains(file, []byte(cardFunction)), nil
}
