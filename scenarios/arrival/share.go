package arrival

// A Slot is one residue class: the keys k with k mod Of == Index. The zero Slot
// holds nothing.
type Slot struct{ Index, Of uint64 }

// Owns says whether the key lies in the slot.
func (s Slot) Owns(key uint64) bool { return s.Of != 0 && key%s.Of == s.Index }

// finest is where slots are no longer split: one key in four thousand million
// decides nothing, and Of must not overflow however often agents are lost.
const finest = 1 << 32

// Split cuts the slot into n that partition it: {i + j·of, of·n} for j < n. A
// slot that is too fine already goes to the first whole.
func (s Slot) Split(n int) []Slot {
	parts := make([]Slot, max(n, 0))
	for j := range parts {
		if s.Of < finest {
			parts[j] = Slot{Index: s.Index + uint64(j)*s.Of, Of: s.Of * uint64(n)}
		}
	}
	if s.Of >= finest && n > 0 {
		parts[0] = s
	}
	return parts
}

// A Share is the part of the load one loop runs: a union of disjoint slots.
// Shares made by Split partition their whole exactly. A nil share is no load.
type Share []Slot

// Whole is all of the load.
func Whole() Share { return Share{{Index: 0, Of: 1}} }

// Owns says whether the key is in the share.
func (s Share) Owns(key uint64) bool {
	for _, slot := range s {
		if slot.Owns(key) {
			return true
		}
	}
	return false
}

// Split cuts the share into n that partition it. For n < 1 there are none.
func (s Share) Split(n int) []Share {
	parts := make([]Share, max(n, 0))
	for _, slot := range s {
		for j, part := range slot.Split(n) {
			if part.Of != 0 {
				parts[j] = append(parts[j], part)
			}
		}
	}
	return parts
}

// Join adds the slots of another share, which must be disjoint from this one.
func (s Share) Join(o Share) Share {
	joined := make(Share, 0, len(s)+len(o))
	return append(append(joined, s...), o...)
}

// Of is the number of keys below n that the share owns.
func (s Share) Of(n uint64) uint64 {
	count := uint64(0)
	for _, slot := range s {
		if slot.Of != 0 && slot.Index < n {
			count += (n-1-slot.Index)/slot.Of + 1
		}
	}
	return count
}

// next is the smallest owned key >= from; false for an empty share.
func (s Share) next(from uint64) (uint64, bool) {
	best, ok := uint64(0), false
	for _, slot := range s {
		if slot.Of == 0 {
			continue
		}
		key := from - from%slot.Of + slot.Index
		if key < from {
			key += slot.Of
		}
		if !ok || key < best {
			best, ok = key, true
		}
	}
	return best, ok
}
