//go:build !(atollvm && linux)

package unikernel

// ownNet is for target vm only.
func ownNet() machineNet { return nil }

// tellReady is, too: nobody wants to know.
func tellReady(error) {}
