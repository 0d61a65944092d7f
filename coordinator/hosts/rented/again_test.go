package rented

import (
	"testing"
	"time"
)

// TestTakenUpLater: a fleet that is completed ends when its tags say, not a TTL from then on.
func TestTakenUpLater(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		f := w.up(someID, agents(1))
		first := f.Expires()
		if left := time.Until(first); left > 2*time.Hour || left < time.Hour {
			t.Errorf("it expires in %s", left)
		}
		w.closed(f)
		time.Sleep(time.Hour)
		f = w.up(someID, agents(2))
		if got := f.Expires(); !got.Equal(first) {
			t.Errorf("it expires at %s, and its tags say %s", got, first)
		}
		w.closed(f)
		f, err := Open(w.t.Context(), w.cfg, someID)
		if err != nil || !f.Expires().Equal(first) {
			t.Fatal(err)
		}
		w.down(f)
		w.empty()
	})
}

// TestAnotherSpecIsNotAdopted: machines of one plan are not called machines of another, and what there is stays.
func TestAnotherSpecIsNotAdopted(t *testing.T) {
	for what, change := range map[string]func(*Spec){
		"type":    func(s *Spec) { s.Machines[0].Type = "g6-standard-2" },
		"region":  func(s *Spec) { s.Machines[0].Region = "fr-par" },
		"image":   func(s *Spec) { s.Machines[0].Image = "linode/debian13" },
		"network": func(s *Spec) { s.Private = true },
		"sysctl":  func(s *Spec) { s.Machines[0].Sysctl = map[string]string{"net.ipv4.tcp_tw_reuse": "1"} },
	} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.closed(w.up(someID, agents(1)))
				s := agents(2)
				change(&s)
				if f, err := Up(w.t.Context(), w.cfg, someID, s, Offer{}); !contains(err, what+": it has ") || !contains(err, "loadctl fleet down "+someID) {
					t.Errorf("%v", err)
					if err == nil {
						w.closed(f)
					}
				}
				f, err := Open(w.t.Context(), w.cfg, someID) // and its spec on the disk is what it was
				if err != nil || f.Spec().Machines[0].Count != 1 {
					t.Fatal(err)
				}
				w.down(f)
				w.empty()
			})
		})
	}
}
