package lab

import "context"

// Context returns the lab's own context. It ends when the lab closes, when its time is up, when an
// Always no longer holds, and with the cause ErrInterrupted after an Interrupt.
func (l *Lab) Context() context.Context { return l.ctx }
