//go:build !(atollvm && linux)

package unikernel

// ownNet is for target vm only.
func ownNet() machineNet { return nil }
