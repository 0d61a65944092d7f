package rented

import (
	"fmt"
	"time"

	"github.com/loadctl/loadctl/coordinator/rental"
)

// progress is what people were told of a fleet that comes up, or goes.
type progress struct {
	at   time.Time
	text string
}

// tellEvery is how often people want to hear of it.
const tellEvery = 5 * time.Second

// next is the line that is due now; "" = none.
func (p *progress) next(now time.Time, v view) string {
	text := standing(v)
	if p.at.IsZero() {
		p.at = now
	}
	if text == "" || text == p.text || now.Sub(p.at) < tellEvery {
		return ""
	}
	p.at, p.text = now, text
	return text
}

// standing is how far things are; "" where nothing is on its way.
func standing(v view) string {
	made, up := 0, 0
	for _, r := range v.resources {
		if r.Kind == rental.Instance && r.ID != 0 && r.Stage != "deleted" {
			made++
		}
		if r.Kind == rental.Instance && r.Ready {
			up++
		}
	}
	switch {
	case v.state == rental.Building && made > 0:
		return fmt.Sprintf("machines: %d made, %d of them ready", made, up)
	case v.state == rental.GivingBack && made > 0:
		return fmt.Sprintf("giving back: machines still there: %d", made)
	}
	return ""
}
