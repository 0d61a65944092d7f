package wire

import (
	"fmt"

	"github.com/loadctl/loadctl/proto/loadctlpb"
	"github.com/loadctl/loadctl/scenarios/arrival"
)

// maxSlots bounds a share: splitting and losing agents gives a few slots each,
// never thousands.
const maxSlots = 1024

// EncodeShare gives the messages of a share.
func EncodeShare(s arrival.Share) []*loadctlpb.Slot {
	list := make([]*loadctlpb.Slot, len(s))
	for i, slot := range s {
		list[i] = &loadctlpb.Slot{Index: slot.Index, Of: slot.Of}
	}
	return list
}

// DecodeShare checks that each slot is one, and that no two have an arrival in
// common, which would send it twice.
func DecodeShare(list []*loadctlpb.Slot) (arrival.Share, error) {
	if len(list) > maxSlots {
		return nil, fmt.Errorf("share: %d slots, more than %d", len(list), maxSlots)
	}
	s := make(arrival.Share, 0, len(list))
	for _, m := range list {
		slot := arrival.Slot{Index: m.GetIndex(), Of: m.GetOf()}
		if slot.Index >= slot.Of {
			return nil, fmt.Errorf("share: no slot %d of %d", slot.Index, slot.Of)
		}
		for _, other := range s {
			if overlap(slot, other) {
				return nil, fmt.Errorf("share: slots %d of %d and %d of %d overlap", other.Index, other.Of, slot.Index, slot.Of)
			}
		}
		s = append(s, slot)
	}
	return s, nil
}

// overlap says whether some number is i mod m and j mod n: exactly when i and j
// agree modulo the greatest common divisor of m and n.
func overlap(a, b arrival.Slot) bool {
	g := gcd(a.Of, b.Of)
	return a.Index%g == b.Index%g
}

func gcd(a, b uint64) uint64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}
