package endpoint

import (
	"context"
	"sync"
)

// slots counts the connections of one listener, of which there may be so many at
// once and no more.
type slots struct {
	mu   sync.Mutex
	most int // less than zero: no limit
	used int
	room chan struct{} // closed when there is more room; nil while nobody waits
}

// take waits for room, and says whether there was any before ctx was done.
func (s *slots) take(ctx context.Context) bool {
	for {
		s.mu.Lock()
		if s.most < 0 || s.used < s.most {
			s.used++
			s.mu.Unlock()
			return true
		}
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *slots) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used--
	s.wake()
}

// resize changes the limit. Where more are taken, they stay.
func (s *slots) resize(most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.most = most
	s.wake()
}

func (s *slots) wake() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}
