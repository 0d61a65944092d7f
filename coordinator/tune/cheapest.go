package tune

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/loadctl/loadctl/coordinator/trial"
)

// A setting holds a load when trials that held lead by so many over those that did not, and does not when
// they trail by as many. After mostHolds it is not known to hold, which is not enough.
const (
	enoughLead = 3
	mostHolds  = 15
)

// byCost asks settings whether they hold the load, the cheapest first, until one does.
func byCost(s *Search) stage {
	var order []int
	for who := range s.points {
		order = append(order, who)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(s.points[a].cost, s.points[b].cost) })
	return holdNext(order)
}

func holdNext(order []int) stage {
	return func(s *Search) stage {
		if len(order) == 0 {
			s.noneHolds()
			return nil
		}
		who := order[0]
		if ok, why := s.cfg.allowed(s.points[who].setting); !ok {
			s.refuse(who, why) // the one in force, as others are not in the space
			return holdNext(order[1:])
		}
		s.queue = append(s.queue, job{who: who, kind: kindHold})
		return func(s *Search) stage { return s.afterHold(who, order[1:]) }
	}
}

// noneHolds ends where all were asked. Who never had a valid trial did not fail by the load; held and broke do
// not tell, as they are counted anew for a fresh start.
func (s *Search) noneHolds() {
	if len(s.measured) > 0 {
		s.end(Nothing, "no setting is known to hold the load"+s.asInForce()+s.unsure())
		return
	}
	s.end(Broken, "no setting could be measured, such as "+s.last())
}

// asInForce tells of the setting in force where the load has not decided it.
func (s *Search) asInForce() string {
	if !slices.Contains(s.doubts, inForce) {
		return ""
	}
	return "; the one in force: " + s.out[inForce]
}

// lead counts a trial, and asks for another while neither side leads.
func (s *Search) lead(j job, why string, now *Tried) {
	now.Used = true
	now.Note = "held"
	if why == "" {
		s.held[j.who]++
	} else {
		now.Note = why
	}
	held, broke := s.held[j.who], s.broke[j.who]
	switch {
	case held-broke >= enoughLead:
		return
	case broke-held >= enoughLead:
		s.refuse(j.who, fmt.Sprintf("does not hold it in %d of %s: %s", broke, trials(held+broke), why))
	case held+broke >= mostHolds:
		s.undecide(j.who, fmt.Sprintf("is not known to hold it: held in %d of %s", held, trials(held+broke)))
	default:
		j.repeats, j.broken = 0, 0 // another trial, which may be repeated itself
		s.queue = append(s.queue, j)
	}
}

// afterHold validates a setting that holds, after a fresh start.
func (s *Search) afterHold(who int, rest []int) stage {
	if s.out[who] != "" {
		return holdNext(rest)
	}
	s.held[who], s.broke[who] = 0, 0
	s.queue = append(s.queue, job{who: who, kind: kindHold, restart: true})
	return func(s *Search) stage {
		if s.out[who] != "" {
			s.flag(s.points[who].key + " held the load at first, but not after a fresh start")
			return holdNext(rest)
		}
		s.best, s.rec, s.validated = who, who, true
		s.cheapest(who)
		return nil
	}
}

// cheapest ends with a setting that holds. Where one that is cheaper was given up and the load did not decide it, that is told.
func (s *Search) cheapest(who int) {
	p, now := s.points[who], s.points[inForce]
	known := "the cheapest that " + holds(len(s.doubts)) + " the load"
	switch {
	case who == inForce:
		s.end(NoChange, "the setting in force is "+known+s.unsure())
	case s.out[inForce] != "":
		s.end(Better, known+" is "+p.key+s.costing(p)+"; the one in force: "+s.out[inForce]+s.unsure())
	default:
		s.end(Better, fmt.Sprintf("%s is %s: it costs %s, the one in force %s%s", known, p.key, Price(p.cost, s.cfg.CostUnit), Price(now.cost, ""), s.unsure()))
	}
}

// costing says what a setting costs, where that is known.
func (s *Search) costing(p point) string {
	if p.cost == 0 {
		return ""
	}
	return ", which costs " + Price(p.cost, s.cfg.CostUnit)
}

// unsure tells of the settings that were asked and not decided by the load, by the last of them. What became of the one
// in force is told beside.
func (s *Search) unsure() string {
	others := slices.DeleteFunc(slices.Clone(s.doubts), func(w int) bool { return w == inForce })
	n := len(others)
	if n == 0 {
		return ""
	}
	who := others[n-1]
	of := s.points[who].key
	if n > 1 {
		of = fmt.Sprintf("%d settings, such as %s", n, of)
	}
	return fmt.Sprintf("; it is not known of %s: %s", of, s.out[who])
}

// breaks says which limit a trial broke; "" = none.
func (s *Search) breaks(t trial.Told) string {
	if len(t.Broke) > 0 {
		return "broke a limit: " + strings.Join(t.Broke, "; ")
	}
	if t.Failed > s.cfg.Errors {
		return fmt.Sprintf("failed %s of requests, %s are allowed", share(t.Failed), share(s.cfg.Errors))
	}
	if s.cfg.Goal == Most && s.cfg.Capacity != nil {
		return ""
	}
	for i, c := range s.cfg.Clauses {
		if c.Time && s.cfg.Goal == Most { // users who saturate break it in any setting
			continue
		}
		if i < len(t.Counts) && t.Counts[i].Share() > c.Allowed {
			return fmt.Sprintf("broke %s: %s of requests, %s are allowed", c.Expr, share(t.Counts[i].Share()), share(c.Allowed))
		}
	}
	if s.cfg.Goal == Cheapest && t.Growing {
		return "served less than came: requests in it became more and more"
	}
	return ""
}
