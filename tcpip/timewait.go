package tcpip

// ageList holds the sockets in TIME-WAIT, linked through themselves, oldest first.
type ageList struct {
	oldest, newest *TCPSocket
	count          int
}

func (l *ageList) add(t *TCPSocket) {
	t.older = l.newest
	if l.newest == nil {
		l.oldest = t
	} else {
		l.newest.newer = t
	}
	l.newest = t
	l.count++
}

func (l *ageList) remove(t *TCPSocket) {
	if t.older == nil {
		l.oldest = t.newer
	} else {
		t.older.newer = t.newer
	}
	if t.newer == nil {
		l.newest = t.older
	} else {
		t.newer.older = t.older
	}
	t.older, t.newer = nil, nil
	l.count--
}

// enterTimeWait lists a socket that has come to TIME-WAIT. Of more than TimeWaitMax the oldest
// goes: RFC 9293 §3.6.1 wants it to stay, but memory must be bounded, and PAWS protects its
// successor.
func (s *Stack) enterTimeWait(t *TCPSocket) {
	if t.stage != stageOpen {
		return // listed already, or still in a listener's queue
	}
	t.stage = stageTimeWait
	s.timeWait.add(t)
	if s.timeWait.count > TimeWaitMax {
		s.drop(DropTimeWait)
		s.remove(s.timeWait.oldest)
	}
}
