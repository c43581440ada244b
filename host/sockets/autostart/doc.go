// Package autostart gives a program on Atoll's kernel its network by being imported:
//
//	import _ "github.com/atoll-os/atoll/host/sockets/autostart"
//
// atoll build imports it in programs that use package net and not package unikernel, which has the
// same. When it is initialised, the machine's card is up and has its address as package host/card
// says; so package main, and all that is initialised after this package, have a network. Listeners
// that another package has opened before are served from then on, too. On any other system the
// package does nothing.
package autostart
