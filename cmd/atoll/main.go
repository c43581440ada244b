// Command atoll runs services on virtual networks and measures them.
//
// It has one file a verb. Results go to standard output, everything else to standard error. Exit
// codes: 0 done, 1 failed, 2 wrong usage.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
