package price

import (
	"fmt"
	"time"
)

// A Held is a resource that exists, or did.
type Held struct {
	Name, Type, Region string
	Created            time.Time // zero = not known
	Deleted            time.Time // zero = it still exists
}

// A Bill is what resources have cost so far. Transfer is not in it: what was sent is known to the account only.
type Bill struct {
	Total   USD
	PerHour USD // of what still exists
	Alive   int
	Items   []Item
	// Unknown is what is missing in the sums, which are lower bounds then.
	Unknown []string
}

// An Item is one resource of a bill.
type Item struct {
	Held
	Hours     int
	Cost      Amount
	PaidUntil time.Time // another hour is begun after it; zero = not known, or deleted
}

// Bill tells what resources have cost until now. One that seems to be created later than now, by another clock, has
// begun its first hour.
func (c Catalogue) Bill(now time.Time, held []Held) (b Bill) {
	for _, h := range held {
		b.add(h.item(now, c.hourly(h)), c.hourly(h))
	}
	return b
}

func (c Catalogue) hourly(h Held) Amount {
	t, _, _ := c.Tariff(h.Type)
	return t.In(h.Region).Hourly
}

func (h Held) item(now time.Time, hourly Amount) Item {
	i := Item{Held: h, Hours: 1}
	if !h.Created.IsZero() {
		i.Hours = Hours(h.until(now).Sub(h.Created))
	}
	if !h.Created.IsZero() && h.Deleted.IsZero() {
		i.PaidUntil = h.Created.Add(time.Duration(i.Hours) * time.Hour)
	}
	if hourly.Known {
		i.Cost = Exactly(hourly.USD.Times(i.Hours))
	}
	return i
}

func (h Held) until(now time.Time) time.Time {
	if h.Deleted.IsZero() {
		return now
	}
	return h.Deleted
}

func (b *Bill) add(i Item, hourly Amount) {
	b.Items = append(b.Items, i)
	b.Total = b.Total.Plus(i.Cost.USD)
	if i.Deleted.IsZero() {
		b.Alive++
		b.PerHour = b.PerHour.Plus(hourly.USD)
	}
	if i.Created.IsZero() {
		b.Unknown = append(b.Unknown, i.Name+": when it was created is not known, one hour is counted")
	}
	if !hourly.Known {
		b.Unknown = append(b.Unknown, fmt.Sprintf("%s: no price of %s in %s", i.Name, i.Type, i.Region))
	}
}

// String is the sum in one line, for the end of a command.
func (b Bill) String() string {
	bound := len(b.Unknown) > 0
	text := sum(b.Total, bound) + " so far without transfer; "
	if b.Alive == 0 {
		return text + "nothing is left that costs money"
	}
	verb := "costs"
	if b.Alive > 1 {
		verb = "cost"
	}
	return fmt.Sprintf("%s%s still %s %s, until deleted", text, many(b.Alive, "resource"), verb, sum(b.PerHour, bound)+" per hour")
}
