// Package device connects a network of package host with frames from outside of the process: a
// machine's network card, the other end of a virtual machine's.
//
//	vnet link ── port ── Device ── queue ── writing goroutine ──> Frames
//	                        ^──────────── reading goroutine <──
//
// The engine never waits for a device: what it sends waits in a queue of QueueFramesMax frames,
// beyond which it is dropped, as a full card does. Devices are read and written outside of the
// network's lock.
//
// Frames are those of a file, of a connection (Stream), or of whoever connects to a listener
// (Socket).
package device
