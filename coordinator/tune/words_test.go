package tune

import "testing"

// TestASettingIsToldAsPeopleTypeIt: in the order of the file, whatever else it has behind.
func TestASettingIsToldAsPeopleTypeIt(t *testing.T) {
	s := Setting{"workers": "4", "pool": "33", "ttl": "1s", "age": "2"}
	if got := s.Words([]string{"workers", "pool", "other"}); got != "workers=4, pool=33, age=2, ttl=1s" {
		t.Error(got)
	}
	if got := s.Words(nil); got != "age=2, pool=33, ttl=1s, workers=4" {
		t.Error(got)
	}
	if got := (Setting{}).Words(nil); got != "" {
		t.Error(got)
	}
}

// TestAPriceHasItsUnit, and all its digits.
func TestAPriceHasItsUnit(t *testing.T) {
	for want, c := range map[string]struct {
		cost float64
		unit string
	}{"12 dollars a month": {12, "dollars a month"}, "12000 MB": {12_000, "MB"}, "0.25": {0.25, ""}, "0 MB": {0, "MB"}, "1234568": {1234567.8, ""}} {
		if got := Price(c.cost, c.unit); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
